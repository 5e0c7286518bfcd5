import sanitizeHtml, { type Attributes, type IOptions, type Tag } from 'sanitize-html'
import { attributes, droppedWithContent, styles, tags, videoHosts, voidTags } from './allow-list.ts'
import { asTextIfTooDeep } from './depth.ts'

/**
 * The one gate between what an author wrote and what a reader's browser gets. What allow-list.ts does not name is
 * dropped (its text stays), so are comments; the result is well-formed. docs/html.md tells authors the same list.
 */
export function sanitise(html: string): string {
  // NUL is dropped by browsers in some places and not in others, and PostgreSQL cannot store it.
  const clean = html.includes('\0') ? html.replaceAll('\0', '') : html
  return sanitizeHtml(asTextIfTooDeep(clean), options)
}

const options: IOptions = {
  allowedTags: tags,
  allowedAttributes: attributes,
  allowedStyles: { '*': styles },
  nonTextTags: droppedWithContent,
  selfClosing: voidTags,
  // The parser's defaults would do; they are named so that an update of the library cannot widen them.
  allowedSchemes: ['http', 'https', 'mailto', 'tel'],
  allowedSchemesByTag: { img: ['http', 'https', 'data'] }, // data: only for the types in `safeImage`
  allowedSchemesAppliedToAttributes: ['href', 'src', 'cite', 'poster', 'longdesc', 'background'],
  allowProtocolRelative: true,
  allowVulnerableTags: false,
  disallowedTagsMode: 'discard',
  enforceHtmlBoundary: false,
  allowedIframeHostnames: videoHosts,
  allowIframeRelativeUrls: false,
  nestingLimit: 200, // browsers flatten at 512; a real post stays below 30
  transformTags: {
    a: safeLink,
    img: safeImage,
    iframe: safeFrame,
    embed: frameOfOldEmbed,
    '*': lowerCaseStyle,
  },
  // An image or a frame that lost its address shows nothing.
  exclusiveFilter: ({ tag, attribs }) =>
    (tag === 'img' && attribs.src === undefined && attribs.srcset === undefined) ||
    (tag === 'iframe' && attribs.src === undefined),
}

/** A page opened in a new tab must not be able to steer the one it came from. */
function safeLink(tagName: string, attribs: Attributes): Tag {
  if (!attribs.target || attribs.target.toLowerCase() === '_self') return { tagName, attribs }
  const rel = (attribs.rel ?? '').split(/\s+/).filter(Boolean)
  if (rel.some((word) => /^no(?:opener|referrer)$/i.test(word))) return { tagName, attribs }
  return { tagName, attribs: { ...attribs, rel: [...rel, 'noopener'].join(' ') } }
}

const rasterImage = /^\s*data:image\/(?:png|gif|jpe?g|webp|avif);base64,[a-z0-9+/=\s]*$/i

/** An inlined image may be a bitmap and nothing else: SVG and HTML can hold scripts. */
function safeImage(tagName: string, attribs: Attributes): Tag {
  const src = attribs.src
  // The characters that browsers drop from addresses must not hide the scheme from the test.
  const isData = src !== undefined && /^data:/i.test(src.replace(/[^\x21-\x7e]/g, ''))
  if (!isData || rasterImage.test(src)) return { tagName, attribs }
  const { src: _dropped, ...kept } = attribs
  return { tagName, attribs: kept }
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
function safeFrame(tagName: string, attribs: Attributes): Tag {
  if (attribs.allow === undefined) return { tagName, attribs }
  const allow = attribs.allow
    .split(';')
    .map((feature) => feature.trim())
    .filter((feature) => playerFeatures.has(feature))
  return { tagName, attribs: { ...attribs, allow: allow.join('; ') } }
}

/** Until about 2010 videos were embedded as Flash: YouTube's of those play on in its frame. */
function frameOfOldEmbed(tagName: string, attribs: Attributes): Tag {
  const id = /^\s*(?:https?:)?\/\/(?:www\.)?youtube(?:-nocookie)?\.com\/v\/([\w-]{6,20})(?:[?&]|\s*$)/i.exec(
    attribs.src ?? '',
  )?.[1]
  if (id === undefined) return { tagName, attribs: {} }
  const { width, height } = attribs
  const size: Attributes = { ...(width && { width }), ...(height && { height }) }
  return { tagName: 'iframe', attribs: { src: `https://www.youtube.com/embed/${id}`, ...size } }
}

/** Editors of the Internet Explorer days wrote `TEXT-ALIGN: center`; the library compares names as they are written. */
function lowerCaseStyle(tagName: string, attribs: Attributes): Tag {
  const style = attribs.style
  if (style !== undefined && /[A-Z]/.test(style)) {
    attribs.style = style.replace(/[\w-]+(?=\s*:)/g, (property) => property.toLowerCase())
  }
  return { tagName, attribs }
}
