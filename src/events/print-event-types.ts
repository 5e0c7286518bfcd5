import { eventCatalog, eventTypes } from './catalog.ts'

/** The file `src/receiver/event-types.ts`: the names of the events and what each is about, as TypeScript, for receivers. */
export const printedEventTypes = (): string => {
  const lines = eventTypes.flatMap((type) => {
    const { description, subject } = eventCatalog[type]
    return [`  /** ${description} */`, `  '${type}': '${subject}'`]
  })
  return `// Printed by "npm run generate" from the catalog of events, as schema/events.json is.

/** Every type of event, and the type of the subject that it is about. */
export type WebhookSubjectTypes = {
${lines.join('\n')}
}

/** What an event may be called. */
export type WebhookEventType = keyof WebhookSubjectTypes
`
}
