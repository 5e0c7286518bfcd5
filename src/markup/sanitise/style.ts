import { styles } from './allow-list.ts'

const maxLength = 2_000 // a style that an editor wrote has some hundred

/** The declarations of a `style` attribute that the list allows, property by property and as the whole of their values. */
export const cleanStyle = (style: string): string => {
  if (style.length > maxLength) return ''
  return withoutComments(style)
    .split(';')
    .flatMap((declaration) => cleanDeclaration(declaration) ?? [])
    .join(';')
}

const cleanDeclaration = (declaration: string): string | null => {
  const colon = declaration.indexOf(':')
  if (colon < 0) return null
  // Editors of the Internet Explorer days wrote `TEXT-ALIGN: center`.
  const property = declaration.slice(0, colon).trim().toLowerCase()
  const written = declaration.slice(colon + 1).trim()
  const isImportant = written.toLowerCase().endsWith('!important')
  const value = isImportant ? written.slice(0, -'!important'.length).trim() : written
  if (!Object.hasOwn(styles, property) || !styles[property]?.some((allowed) => allowed.test(value)))
    return null
  return `${property}:${value}${isImportant ? ' !important' : ''}`
}

const withoutComments = (style: string): string => {
  const [first = '', ...rest] = style.split('/*')
  return rest.reduce((kept, part) => {
    const end = part.indexOf('*/')
    return end < 0 ? kept : kept + part.slice(end + 2)
  }, first)
}
