import {
  type GraphQLInputField,
  type GraphQLInputType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isRequiredInputField,
} from 'graphql'
import { type Known, largestFilter, pick, type Random } from './largest-requests.ts'

export type LargestMutation = { name: string; document: string; variables: { input: unknown } }

// A request has at most 1 MB.
const maxBytes = 990_000

/**
 * Each mutation with the largest input that a request has room for: every list as long as lists may be, every text as long as
 * there is room. It need not be one that is carried out: what is refused is to be refused at once, too.
 */
export const largestMutations = (schema: GraphQLSchema, known: Known, random: Random): LargestMutation[] =>
  Object.values(schema.getMutationType()?.getFields() ?? {}).flatMap(({ name, args }) => {
    const [input] = args
    if (!input) return []
    const document = `mutation ($input: ${input.type}) { ${name}(input: $input) { __typename } }`
    for (let length = 900_000; length > 10; length = Math.floor(length / 2)) {
      const variables = { input: largestOf(input.type, [name], known, random, length) }
      if (JSON.stringify(variables).length < maxBytes) return [{ name, document, variables }]
    }
    return []
  })

/** `length` of each text that may be long. */
const largestOf = (
  type: GraphQLInputType,
  path: string[],
  known: Known,
  random: Random,
  length: number,
): unknown => {
  const nullable = getNullableType(type)
  const slugs = known.slugs[path.at(-1) as keyof Known['slugs']]
  // Each of them once: twice the same would be refused before anything is done with it.
  if (isListType(nullable) && slugs && isLeafType(getNamedType(nullable))) return slugs.slice(0, 100)
  if (isListType(nullable))
    return Array.from({ length: 100 }, () => largestOf(nullable.ofType, path, known, random, length))
  if (isEnumType(nullable)) return pick(nullable.getValues(), random).name
  if (isInputObjectType(nullable)) {
    // A filter of posts can hold itself without an end.
    if (nullable.name === 'PostFilter') return largestFilter(known, random)
    const fields = Object.values(nullable.getFields())
    const kept = nullable.isOneOf ? [pick(fields, random)] : fields.filter((field) => isKept(field, random))
    return Object.fromEntries(
      kept.map(({ name, type: inner }) => [name, largestOf(inner, [...path, name], known, random, length)]),
    )
  }
  return scalarOf(nullable.name, path, known, random, length)
}

/** What is not needed is left out now and then, or hardly any input would be carried out; what is long is always there. */
const isKept = (field: GraphQLInputField, random: Random): boolean =>
  isRequiredInputField(field) ||
  field.name === 'source' ||
  isListType(getNullableType(field.type)) ||
  (field.name !== 'expectedVersion' && random() < 0.3)

const scalarOf = (type: string, path: string[], known: Known, random: Random, length: number): unknown => {
  const name = path.at(-1) ?? ''
  if (type === 'ID') return pick(known.ids, random)
  if (type === 'Boolean') return random() < 0.5
  if (type === 'Int') return 60
  if (type === 'DateTime') return '2035-06-01T00:00:00Z'
  if (type === 'URL') return `https://example.com/${'a'.repeat(100)}`
  if (type === 'JSON') return { list: Array.from({ length: length / 20 }, (_, index) => `value ${index}`) }
  if (name === 'title' || name === 'name') return `New ${Math.floor(random() * 1e9)}`
  if (name === 'slug') return `new-${Math.floor(random() * 1e9)}`
  if (name === 'path') return `/new/${Math.floor(random() * 1e9)}/`
  if (name === 'source') return markdownOf(length, random)
  if (name === 'document') return 'subscription { events { ... on PostEvent { post { title content } } } }'
  return 'long '.repeat(Math.min(length, 2_000) / 5)
}

/** What takes long to render: many short blocks and links, or much of one line. */
const markdownOf = (length: number, random: Random): string => {
  const block = pick(
    [
      '* a [link](https://example.com) and *emphasis*\n',
      '> ',
      '| a | b |\n',
      '`code` **strong** ![](x.jpg) ',
      '# A heading\n\n',
    ],
    random,
  )
  return block.repeat(length / block.length)
}
