import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { eventJsonSchema } from '../../src/events/json-schema.ts'

/** What is wrong with the body of a webhook by `schema/events.json`, property by property; empty when nothing is. */
export const problemsOf = (body: string): string[] => {
  const message = JSON.parse(body) as { type?: string }
  const validate = validator().getSchema(`${schema.$id}#/$defs/${message.type}`)
  if (!validate) return [`There is no schema of the type ${message.type}`]
  return validate(message) ? [] : (validate.errors ?? []).map(sentence)
}

/** As it is published it allows what it does not know; what is sent today has to be in it. */
const closed = () => {
  const { $defs, ...rest } = eventJsonSchema()
  const entries = Object.entries($defs).map(([name, definition]) => [
    name,
    name.includes('.') ? { ...definition, unevaluatedProperties: false } : definition,
  ])
  return { ...rest, $defs: Object.fromEntries(entries) }
}

let compiled: Ajv2020 | undefined
const schema = closed()

const validator = (): Ajv2020 => {
  if (compiled) return compiled
  // `strictTypes` would have a type repeated wherever properties are added to one that is referred to.
  compiled = new Ajv2020({
    allErrors: true,
    strictTypes: false,
    strictRequired: false,
    allowUnionTypes: true,
  })
  addFormats.default(compiled)
  compiled.addSchema(schema)
  return compiled
}

const sentence = ({ instancePath, message, params }: ErrorObject): string =>
  `${instancePath || 'the body'} ${message} ${JSON.stringify(params)}`
