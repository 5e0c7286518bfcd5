// npm run generate: writes everything that is printed from the source and committed.
import { writeFileSync } from 'node:fs'
import { printedEnvExample } from '../src/config.ts'
import { printedEventJsonSchema } from '../src/events/json-schema.ts'
import { printedEventTypes } from '../src/events/print-event-types.ts'
import { printedSchema } from '../src/graphql/schema.ts'

writeFileSync(new URL('../schema/schema.graphql', import.meta.url), printedSchema())
writeFileSync(new URL('../.env.example', import.meta.url), printedEnvExample())
writeFileSync(new URL('../schema/events.json', import.meta.url), printedEventJsonSchema())
writeFileSync(new URL('../src/receiver/event-types.ts', import.meta.url), printedEventTypes())
