import sanitizeHtml, { type Attributes, type IOptions, type Tag } from 'sanitize-html'
import { attributes, droppedWithContent, tags, videoHosts, voidTags } from './allow-list.ts'
import { addressAttributes, cleanAttributes, imageSchemes, schemes } from './attributes.ts'
import { asTextIfTooDeep } from './depth.ts'

/**
 * The one gate between what an author wrote and what a reader's browser gets. What allow-list.ts does not name is
 * dropped (its text stays), so are comments; the result is well-formed, and sanitising it again changes nothing.
 * docs/html.md tells authors the same list.
 *
 * @param own an element that the program itself put into the HTML.
 */
export const sanitise = (html: string, own?: string): string => {
  // NUL is dropped by browsers in some places and not in others, and PostgreSQL cannot store it.
  let clean = asTextIfTooDeep(html.replaceAll('\0', ''))
  const passOptions = own === undefined ? options : { ...options, allowedTags: [...tags, own] }
  // An element that goes lets those around it come together in ways that no parser takes for the same again.
  for (let left = mostPasses; left > 0; left--) {
    pass = { depth: 0, hasLost: false, dropped: 0 }
    clean = sanitizeHtml(clean, passOptions)
    if (!pass.hasLost) return clean
  }
  return clean
}

const mostPasses = 4
const deepest = 100 // browsers flatten at 512; a real post stays below 50

/** What is known of the pass that is under way. */
let pass = { depth: 0, hasLost: false, dropped: 0 }

const allowed = new Set(tags)

const cleanElement = (tagName: string, attribs: Attributes): Tag => {
  const clean = cleanAttributes(tagName, attribs)
  if (tagName === 'embed') return frameOfOldEmbed(clean)
  if (!allowed.has(tagName)) pass.hasLost = true
  if (tagName === 'a') return { tagName, attribs: safeLink(clean) }
  if (tagName === 'img') return clean.src || clean.srcset ? { tagName, attribs: clean } : nothing(tagName)
  if (tagName === 'iframe')
    return isPlayer(clean.src) ? { tagName, attribs: safeFrame(clean) } : nothing(tagName)
  return { tagName, attribs: clean }
}

const options: IOptions = {
  allowedTags: tags,
  allowedAttributes: attributes,
  parseStyleAttributes: false, // style.ts did
  nonTextTags: droppedWithContent,
  selfClosing: voidTags,
  // cleanAttributes has looked already; an address that it let through is looked at by the library, too.
  allowedSchemes: schemes,
  allowedSchemesByTag: { img: [...imageSchemes, 'data'] },
  allowedSchemesAppliedToAttributes: addressAttributes,
  // The parser's defaults would do; they are named so that an update of the library cannot widen them.
  allowProtocolRelative: true,
  allowVulnerableTags: false,
  disallowedTagsMode: 'discard',
  enforceHtmlBoundary: false,
  allowedIframeHostnames: videoHosts,
  allowIframeRelativeUrls: false,
  nestingLimit: deepest,
  transformTags: { '*': cleanElement },
  // An image or a frame that lost its address shows nothing.
  exclusiveFilter: ({ tag, attribs, ...frame }) =>
    (tag === 'img' || tag === 'iframe') &&
    attribs.src === undefined &&
    attribs.srcset === undefined &&
    !('name' in frame && frame.name === filler),
  onOpenTag: () => {
    if (++pass.depth > deepest) pass.hasLost = true
  },
  onCloseTag: () => {
    pass.depth--
  },
}

// For each element that the filter drops the library copies all that it wrote so far.
const mostDropped = 500
const filler = 'wbr'

/** An element without its address, which goes; of very many an empty one stays. */
const nothing = (tagName: string): Tag => {
  if (++pass.dropped <= mostDropped) return { tagName, attribs: {} }
  return { tagName: filler, attribs: {}, text: '' }
}

/** A page opened in a new tab must not be able to steer the one it came from. */
const safeLink = (attribs: Attributes): Attributes => {
  if (!attribs.target || attribs.target.toLowerCase() === '_self') return attribs
  const rel = (attribs.rel ?? '').split(/\s+/).filter(Boolean)
  if (rel.some((word) => /^no(?:opener|referrer)$/i.test(word))) return attribs
  return { ...attribs, rel: [...rel, 'noopener'].join(' ') }
}

const isPlayer = (src: string | undefined): boolean => {
  if (src === undefined || !/^\s*(?:https?:)?\/\//i.test(src)) return false
  const url = URL.parse(src, 'https://relative.invalid/')
  return url !== null && videoHosts.includes(url.hostname)
}

const playerFeatures = new Set([
  'accelerometer',
  'autoplay',
  'clipboard-write',
  'encrypted-media',
  'fullscreen',
  'gyroscope',
  'picture-in-picture',
  'web-share',
])

/** A player gets the browser features that players use; never camera, microphone or location. */
const safeFrame = (attribs: Attributes): Attributes => {
  if (attribs.allow === undefined) return attribs
  const allow = attribs.allow
    .split(';')
    .map((feature) => feature.trim())
    .filter((feature) => playerFeatures.has(feature))
  return { ...attribs, allow: allow.join('; ') }
}

/** Until about 2010 videos were embedded as Flash: YouTube's of those play on in its frame. */
const frameOfOldEmbed = ({ src = '', width, height }: Attributes): Tag => {
  const id = /^\s*(?:https?:)?\/\/(?:www\.)?youtube(?:-nocookie)?\.com\/v\/([\w-]{6,20})(?:[?&]|\s*$)/i.exec(
    src,
  )?.[1]
  if (id === undefined) {
    pass.hasLost = true
    return { tagName: 'embed', attribs: {} }
  }
  const size: Attributes = { ...(width && { width }), ...(height && { height }) }
  return { tagName: 'iframe', attribs: { src: `https://www.youtube.com/embed/${id}`, ...size } }
}
