import GithubSlugger, { slug } from 'github-slugger'
import type { Heading } from '../rendered.ts'
import { withoutUnseen as seen } from '../sanitise/attributes.ts'
import type { FoundHeading } from './outline.ts'

/**
 * Gives every heading an id that is unique in the post, in GitHub's style, and keeps the ids that the author wrote.
 * Headings with nothing in them get no id and are left out of the list.
 */
export const giveHeadingsIds = (
  html: string,
  found: { headings: FoundHeading[]; ids: Set<string> },
): { html: string; headings: Heading[] } => {
  const slugger = new GithubSlugger()
  for (const id of found.ids) slugger.occurrences[id] = 0
  const written = keepWrittenIds(found, slugger)
  const headings: Heading[] = []
  let out = ''
  let done = 0
  for (const heading of found.headings) {
    if (heading.text === '') continue
    const id = written.get(heading) ?? slugger.slug(slug(seen(heading.text)) || 'section')
    headings.push({ level: heading.level, id, text: heading.text })
    if (written.has(heading)) continue
    const tag = html.slice(heading.tagStart, heading.tagEnd).replace(idAttribute, '')
    out += `${html.slice(done, heading.tagStart)}${tag.slice(0, tagNameLength)} id="${escaped(id)}"${tag.slice(tagNameLength)}`
    done = heading.tagEnd
  }
  return { html: done === 0 ? html : out + html.slice(done), headings }
}

const tagNameLength = '<h1'.length
// The sanitiser writes attributes one way only, with quotes inside a value escaped.
const idAttribute = / id="[^"]*"/

/** An id that stands in the post already, on another element or an earlier heading, is not kept a second time. */
const keepWrittenIds = (
  found: { headings: FoundHeading[]; ids: Set<string> },
  slugger: GithubSlugger,
): Map<FoundHeading, string> => {
  const written = new Map<FoundHeading, string>()
  const seen = new Set(found.ids)
  for (const heading of found.headings) {
    if (heading.id === null || seen.has(heading.id)) continue
    seen.add(heading.id)
    slugger.occurrences[heading.id] = 0
    written.set(heading, heading.id)
  }
  return written
}

const escaped = (id: string): string =>
  id.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
