import type { PostSource } from '../rendered.ts'
import { withoutKramdownComments } from './kramdown-comments.ts'
import { withoutHiddenLiquid } from './liquid.ts'

/** What of a source readers may see: all of it, but for what the program hides that it was written for. */
export const withoutHidden = ({ source, format, dialect }: PostSource): string => {
  const shown = dialect === 'JEKYLL' ? withoutHiddenLiquid(source) : source
  return dialect && format === 'MARKDOWN' ? withoutKramdownComments(shown) : shown
}
