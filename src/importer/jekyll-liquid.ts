import type { FrontMatter } from './front-matter.ts'
import type { ImportFinding } from './item.ts'

/** Says once for a post that it has Liquid, which only Jekyll can run: readers would see it as text. */
export function liquidFinding(file: string, { body, bodyLine }: FrontMatter): ImportFinding | null {
  if (!body.includes('{%') && !body.includes('{{')) return null
  const found = [...body.matchAll(liquid)]
  const [first] = found
  if (first === undefined) return null
  const names = [...new Set(found.map(([, tag, output]) => (tag ? `{% ${tag} %}` : `{{ ${output} }}`)))]
  const more = names.length > shownNames ? ` and ${names.length - shownNames} more` : ''
  return {
    file,
    line: bodyLine + body.slice(0, first.index).split('\n').length - 1,
    rule: 'liquid-kept-as-text',
    message: `Liquid is kept as text: ${names.slice(0, shownNames).join(', ')}${more}.`,
    action: 'Replace it in the post by Markdown or HTML.',
    severity: 'warning',
  }
}

const shownNames = 5

const liquid = /\{%-?[ \t]*([a-z_]\w{0,40})|\{\{-?[ \t]*([a-z_][\w.]{0,60})/gi
