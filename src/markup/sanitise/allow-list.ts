const words = (list: string): string[] => list.trim().split(/\s+/)

/**
 * What a post may be made of. The list is wide on purpose: it keeps what blogs were made of since the nineties, and
 * leaves out what can run a script, load a page, take input, or lay itself over the rest of the site.
 * docs/html.md explains it; tests/unit/render.test.ts holds the two together.
 */
export const tags: string[] = words(`
  a abbr acronym address article aside audio b bdi bdo big blockquote br caption center cite code col colgroup data
  dd del details dfn div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hgroup hr i iframe img ins
  kbd li main mark meter nav ol p picture pre progress q rb rp rt rtc ruby s samp section small source span strike
  strong sub summary sup table tbody td tfoot th thead time tr track tt u ul var video wbr
`)

/** Not allowed, and what is inside them is not text of the post either. */
export const droppedWithContent: string[] = words(
  'script style textarea option xmp svg title template noembed noframes plaintext applet',
)

export const voidTags: string[] = words('br hr img col wbr source track')

// No data-*: scripts of the page that shows the post take orders from them (htmx, Bootstrap, Turbo).
export const attributes: Record<string, string[]> = {
  '*': words('id class title lang dir style role aria-*'),
  a: words('href name target rel hreflang type download'),
  audio: words('src controls preload loop muted'),
  blockquote: words('cite'),
  br: words('clear'),
  caption: words('align'),
  col: words('span width align valign'),
  colgroup: words('span width align valign'),
  data: words('value'),
  del: words('cite datetime'),
  details: words('open'),
  div: words('align'),
  font: words('color face size'),
  h1: words('align'),
  h2: words('align'),
  h3: words('align'),
  h4: words('align'),
  h5: words('align'),
  h6: words('align'),
  hr: words('align width size noshade color'),
  iframe: words('src width height allow allowfullscreen frameborder loading referrerpolicy'),
  img: words('src srcset sizes alt width height align border hspace vspace loading decoding longdesc'),
  ins: words('cite datetime'),
  li: words('value type'),
  meter: words('value min max low high optimum'),
  ol: words('start reversed type'),
  p: words('align'),
  pre: words('width'),
  progress: words('value max'),
  q: words('cite'),
  source: words('src srcset sizes media type width height'),
  table: words('align bgcolor border cellpadding cellspacing frame height rules summary width'),
  tbody: words('align valign'),
  td: words('abbr align bgcolor colspan headers height nowrap rowspan scope valign width'),
  tfoot: words('align valign'),
  th: words('abbr align bgcolor colspan headers height nowrap rowspan scope valign width'),
  thead: words('align valign'),
  time: words('datetime'),
  tr: words('align bgcolor valign'),
  track: words('src kind srclang label default'),
  ul: words('type'),
  video: words('src poster controls width height preload loop muted playsinline'),
}

/** Only pages of these hosts may be framed: video players. */
export const videoHosts: string[] = words(`
  www.youtube.com youtube.com www.youtube-nocookie.com youtube-nocookie.com player.vimeo.com
  www.dailymotion.com geo.dailymotion.com videopress.com video.wordpress.com v.wordpress.com
  embed.ted.com embed-ssl.ted.com fast.wistia.net fast.wistia.com player.twitch.tv clips.twitch.tv
`)

// At most four digits and no minus sign: nothing can be moved over the rest of the page.
const length = String.raw`(?:0|(?:\d{1,4}(?:\.\d{1,4})?|\.\d{1,4})(?:px|em|rem|ex|ch|pt|pc|cm|mm|in|%))`
const lengthOrAuto = `(?:${length}|auto)`
const channel = String.raw`\d{1,3}(?:\.\d{1,4})?(?:%|deg)?`
// No blank could be taken for a part of two things: all ways to share them out would be tried.
const separator = '(?: {1,9}(?:[,/] {0,9})?|[,/] {0,9})'
const channels = ` {0,9}${channel}(?:${separator}${channel}){2,3} {0,9}`
const color = `(?:#[0-9a-f]{3,8}|[a-z]{3,30}|(?:rgb|hsl)a?\\(${channels}\\))`
const lineStyle = '(?:none|hidden|dotted|dashed|solid|double|groove|ridge|inset|outset)'
const border = `(?:(?:${length}|thin|medium|thick|${lineStyle}|${color})(?: +|$)){1,3}`

const exactly = (pattern: string): RegExp[] => [new RegExp(`^(?:${pattern})$`, 'iu')]

const aLength = exactly(length)
const aSize = exactly(`(?:${lengthOrAuto}|none|(?:min|max|fit)-content)`)
const aBox = exactly(`${lengthOrAuto}(?: +${lengthOrAuto}){0,3}`)
const aColor = exactly(color)
const aBorder = exactly(border)

/** CSS properties, each with the whole of the values it may have: no url(), no functions but colours. */
export const styles: Record<string, RegExp[]> = {
  'background-color': aColor,
  background: aColor,
  border: aBorder,
  'border-top': aBorder,
  'border-right': aBorder,
  'border-bottom': aBorder,
  'border-left': aBorder,
  'border-color': aColor,
  'border-style': exactly(`${lineStyle}(?: +${lineStyle}){0,3}`),
  'border-width': exactly(`${length}(?: +${length}){0,3}`),
  'border-radius': exactly(`${length}(?: +${length}){0,3}`),
  'border-collapse': exactly('collapse|separate'),
  'border-spacing': exactly(`${length}(?: +${length})?`),
  'caption-side': exactly('top|bottom'),
  clear: exactly('none|left|right|both'),
  color: aColor,
  direction: exactly('ltr|rtl'),
  display: exactly('block|inline|inline-block|flex|inline-flex|table|table-row|table-cell|list-item'),
  flex: exactly('initial|auto|none|[0-9]{1,2}'),
  float: exactly('none|left|right'),
  'font-family': exactly(String.raw`[\p{L}\p{N} ,'"_-]{1,200}`),
  'font-size': exactly(`${length}|(?:xx?-)?(?:small|large)|medium|smaller|larger`),
  'font-style': exactly('normal|italic|oblique'),
  'font-variant': exactly('normal|small-caps'),
  'font-weight': exactly('normal|bold|bolder|lighter|[1-9]00'),
  height: aSize,
  'letter-spacing': exactly(`normal|${length}`),
  'line-height': exactly(String.raw`normal|\d{1,2}(?:\.\d{1,4})?|${length}`),
  'list-style': exactly('[a-z- ]{1,60}'),
  'list-style-type': exactly('[a-z-]{1,40}'),
  margin: aBox,
  'margin-top': exactly(lengthOrAuto),
  'margin-right': exactly(lengthOrAuto),
  'margin-bottom': exactly(lengthOrAuto),
  'margin-left': exactly(lengthOrAuto),
  'max-height': aSize,
  'max-width': aSize,
  'min-height': aSize,
  'min-width': aSize,
  overflow: exactly('visible|hidden|auto|scroll'),
  'overflow-x': exactly('visible|hidden|auto|scroll'),
  padding: exactly(`${length}(?: +${length}){0,3}`),
  'padding-top': aLength,
  'padding-right': aLength,
  'padding-bottom': aLength,
  'padding-left': aLength,
  'text-align': exactly('left|right|center|justify|start|end'),
  'text-decoration': exactly(`(?:(?:none|underline|overline|line-through|blink|${color})(?: +|$)){1,4}`),
  'text-decoration-line': exactly('(?:(?:none|underline|overline|line-through)(?: +|$)){1,3}'),
  'text-indent': aLength,
  'text-transform': exactly('none|capitalize|uppercase|lowercase'),
  'vertical-align': exactly(`baseline|sub|super|top|text-top|middle|bottom|text-bottom|${length}`),
  'white-space': exactly('normal|nowrap|pre|pre-wrap|pre-line|break-spaces'),
  width: aSize,
  'word-break': exactly('normal|break-all|keep-all|break-word'),
  'word-spacing': exactly(`normal|${length}`),
}
