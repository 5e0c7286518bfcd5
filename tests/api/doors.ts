import {
  type GraphQLField,
  type GraphQLInputType,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  isRequiredInputField,
} from 'graphql'
import type { ApiKeyScope } from '../../src/db/generated/enums.ts'
import { schema } from '../../src/graphql/schema.ts'
import type { TestApp } from '../support/app.ts'
import type { Client } from '../support/client.ts'

export const scopes = [
  'CONTENT_READ',
  'CONTENT_WRITE',
  'CONTENT_PUBLISH',
  'WEBHOOKS_MANAGE',
  'KEYS_MANAGE',
] as const
/** Which scopes open what a description says that it needs; ADMIN opens all. */
export const opening: Record<string, ApiKeyScope[]> = {
  'content:read': ['CONTENT_READ', 'CONTENT_WRITE', 'CONTENT_PUBLISH'],
  'content:write': ['CONTENT_WRITE'],
  'content:publish': ['CONTENT_PUBLISH'],
  'webhooks:manage': ['WEBHOOKS_MANAGE'],
  'keys:manage': ['KEYS_MANAGE'],
}

/** Whether a scope opens what needs another one; null is no key. */
export const isOpened = (needs: string, scope: ApiKeyScope | null) =>
  scope === 'ADMIN' || (scope !== null && (opening[needs] ?? []).includes(scope))

/** A caller without a key (null), and one with each scope. */
export const callersOf = async (app: TestApp): Promise<Map<ApiKeyScope | null, Client>> => {
  const callers = new Map<ApiKeyScope | null, Client>([
    [null, app.anonymous],
    ['ADMIN', app.admin],
  ])
  for (const scope of scopes) callers.set(scope, await app.clientWith(scope))
  return callers
}

/** A field that a scope opens. */
export type Door = { name: string; field: GraphQLField<unknown, unknown>; needs: string }

/** The fields of a type whose description says which scope they need. */
export const doorsOf = (typeName: string): Door[] => {
  const type = schema.getType(typeName)
  if (!isObjectType(type)) throw new Error(`There is no type ${typeName}.`)
  return Object.values(type.getFields()).flatMap((field) => {
    const [, needs] = /Needs ([a-z]+:[a-z]+)/.exec(field.description ?? '') ?? []
    return needs ? [{ name: field.name, field, needs }] : []
  })
}

/** The least that calls it: a field with its required arguments. */
export const callOf = ({ name, field }: Door): string => {
  const args = field.args
    .filter((argument) => isNonNullType(argument.type))
    .map((argument) => `${argument.name}: ${least(argument.type)}`)
  const inside = isLeafType(getNamedType(field.type)) ? '' : ' { __typename }'
  return `${name}${args.length > 0 ? `(${args.join(', ')})` : ''}${inside}`
}

/** The least that an input takes. */
const least = (type: GraphQLInputType): string => {
  if (isNonNullType(type)) return least(type.ofType)
  if (isListType(type)) return '[]'
  if (isEnumType(type)) return type.getValues()[0]?.name ?? ''
  if (!isInputObjectType(type)) return leastOfScalar[type.name] ?? '"x"'
  const fields = Object.values(type.getFields())
  const filled = type.isOneOf ? fields.slice(0, 1) : fields.filter(isRequiredInputField)
  return `{ ${filled.map((field) => `${field.name}: ${least(field.type)}`).join(', ')} }`
}
const leastOfScalar: Record<string, string> = {
  ID: '"post_01h455vb4pex5vsknk084sn02q"',
  Int: '1',
  Boolean: 'true',
  DateTime: '"2020-01-01T00:00:00Z"',
  URL: '"https://example.com/"',
  JSON: '{}',
}
