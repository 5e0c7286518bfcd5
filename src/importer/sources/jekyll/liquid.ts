import { isLiquidComment, type LiquidPart, liquidParts } from '../../../markup/source/liquid.ts'
import type { ImportFinding } from '../../entry.ts'
import { listed } from '../front-matter/fields.ts'
import type { FrontMatter } from '../front-matter/front-matter.ts'

/**
 * What only Jekyll could run is told once for a post: that readers see tags as text, and that what stands under a
 * condition is not shown. Comments are hidden here as there, and need no finding.
 */
export const liquidFindings = (file: string, { body, bodyLine }: FrontMatter): ImportFinding[] => {
  if (!body.includes('{%') && !body.includes('{{')) return []
  const parts = liquidParts(body)
  const lineOf = (at: number) => bodyLine + body.slice(0, at).split('\n').length - 1
  const hidden = parts.filter(({ hiddenBy }) => hiddenBy !== null && !isLiquidComment(hiddenBy))
  const tags = parts.flatMap((part) => (part.hiddenBy === null ? tagsOf(part) : []))
  const [firstHidden] = hidden
  const [firstTag] = tags
  const findings: ImportFinding[] = []
  if (firstTag) {
    const names = [...new Set(tags.map(({ name }) => name))]
    const message = `Liquid is kept as text: ${listed(names)}.`
    const action = 'Replace it in the post by Markdown or HTML.'
    findings.push(finding(file, lineOf(firstTag.at), 'liquid-kept-as-text', message, action))
  }
  if (firstHidden) {
    const names = [...new Set(hidden.map(({ hiddenBy }) => `{% ${hiddenBy} %}`))]
    const message = `What stands under ${listed(names)} is not shown, since only Jekyll can tell who sees it.`
    const action = 'Take the tags away from what everyone may read.'
    findings.push(finding(file, lineOf(firstHidden.at), 'liquid-hidden', message, action))
  }
  return findings
}

const tagsOf = ({ at, text }: LiquidPart): { at: number; name: string }[] =>
  [...text.matchAll(liquid)].map(({ 1: tag, 2: output, index }) => ({
    at: at + index,
    name: tag ? `{% ${tag} %}` : `{{ ${output} }}`,
  }))

const liquid = /\{%-?[ \t]*([a-z_]\w{0,40})|\{\{-?[ \t]*([a-z_][\w.]{0,60})/gi

const finding = (
  file: string,
  line: number,
  rule: string,
  message: string,
  action: string,
): ImportFinding => ({ file, line, rule, message, action, severity: 'warning' })
