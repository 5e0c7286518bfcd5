import { readFileSync } from 'node:fs'
import { buffer } from 'node:stream/consumers'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { enumNameOf } from '../../events/catalog.ts'
import { OperatorError } from '../../lib/errors.ts'
import { verifyWebhook, WebhookVerificationError } from '../../receiver/verify.ts'
import { newWebhookSecret } from '../../webhooks/http/sign.ts'
import type { Exit } from '../exit.ts'
import { print, printJson, printJsonText, say } from '../output.ts'
import { ask, askingAServer, type Remote } from '../remote.ts'
import { addForgetSecrets } from './forget-secrets.ts'
import { createForwarder } from './forward.ts'
import { listen } from './listen.ts'

/** `presswire webhooks listen | verify | replay | forget-secrets`. */
export const addWebhooks = (program: Command, exit: Exit): void => {
  const webhooks = program.command('webhooks').description('Receive, check and repeat webhooks.')
  askingAServer(
    webhooks
      .command('listen')
      .description('Give this machine the events of a running server, without a public URL.'),
  )
    .option('--forward <url>', 'where to post each event, signed; without it, bodies go to standard output')
    .option('--secret <whsec>', 'what to sign with; without it, a new one that is printed')
    .option('--types <type...>', 'only these, such as post.published')
    .option('--after <sequence>', 'begin after this event; without it, from now on')
    .option('--endpoint <id>', 'shape and choose the events as this endpoint does')
    .addOption(
      new Option('--document <file>', 'shape the events by the subscription in this file').conflicts(
        'endpoint',
      ),
    )
    .action(runListen)
  webhooks
    .command('verify')
    .description('Check the signature of a request that was recorded, and say what is wrong with it.')
    .argument('[file]', 'its body, byte for byte; without it, standard input')
    .requiredOption('--secret <key...>', 'whsec_… secrets or whpk_… public keys; one that fits is enough')
    .option('--header <header...>', 'the three webhook-… headers, each as "name: value"', readHeader, {})
    .option('--any-age', 'take a request that is older than 5 minutes')
    .option('--json', 'print one JSON object on standard output')
    .action((file: string | undefined, options: VerifyOptions) => runVerify(file, options, exit))
  askingAServer(
    webhooks
      .command('replay')
      .description('Send an endpoint what it was to be told of again, the oldest first.'),
  )
    .argument('<endpoint>', 'endpoint_…')
    .addOption(new Option('--event <id>', 'this event and all after it').conflicts(['since', 'failedSince']))
    .addOption(new Option('--since <time>', 'all from this time on, RFC 3339').conflicts('failedSince'))
    .option('--failed-since <time>', 'what failed from this time on, RFC 3339')
    .option('--json', 'print one JSON object on standard output')
    .action(runReplay)
  addForgetSecrets(webhooks)
}

type ListenOptions = Remote & {
  forward?: string
  secret?: string
  types?: string[]
  after?: string
  endpoint?: string
  document?: string
}

const runListen = async (options: ListenOptions): Promise<void> => {
  const { forward: target, secret = newWebhookSecret() } = options
  const stopping = new AbortController()
  const { signal } = stopping
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stopping.abort())
  const listening = {
    types: options.types?.map(enumNameOf) ?? null,
    after: options.after ?? null,
    endpointId: options.endpoint ?? null,
    document: options.document ? readDocument(options.document) : null,
  }
  if (target && !URL.canParse(target)) throw new OperatorError(`"${target}" is no URL to forward to.`, 2)
  if (target && !options.secret) say(`Signing with ${secret}`)
  const onOutcome = (what: string, outcome: string) => say(`${what}: ${outcome}`)
  const forwarder = target ? createForwarder({ url: target, secret, signal, onOutcome }) : null
  const handlers = {
    signal,
    onReady: () => say(`Listening to ${options.url}. Stop it with Ctrl-C.`),
    onBreak: saidOnce((reason) => say(`The connection broke (${reason}); trying again.`)),
  }
  for await (const { type, id, body, problem } of listen(options, listening, handlers)) {
    if (body === null) say(`${type} ${id}: cannot be rendered (${problem})`)
    else if (forwarder) await forwarder.forward(`${type} ${id}`, body)
    else printJsonText(body)
  }
  await forwarder?.end()
}

// A server that is away for an hour need not be said to be away 3,600 times.
const saidAgainMs = 60_000

const saidOnce = (say: (text: string) => void): ((text: string) => void) => {
  let last = { text: '', at: Number.NEGATIVE_INFINITY }
  return (text) => {
    const at = performance.now()
    if (text === last.text && at - last.at < saidAgainMs) return
    last = { text, at }
    say(text)
  }
}

type VerifyOptions = { secret: string[]; header: Record<string, string>; anyAge?: boolean; json?: boolean }

const runVerify = async (file: string | undefined, options: VerifyOptions, exit: Exit): Promise<void> => {
  const body = file === undefined ? await buffer(process.stdin) : readFileSync(file)
  try {
    const event = await verifyWebhook(body, options.header, options.secret, {
      toleranceSeconds: options.anyAge ? Number.POSITIVE_INFINITY : undefined,
    })
    if (options.json) printJson({ valid: true, type: event.type, id: event.id })
    else print(`Genuine: ${event.type} ${event.id}`)
  } catch (error) {
    if (!(error instanceof WebhookVerificationError)) throw error
    if (options.json) printJson({ valid: false, code: error.code, message: error.message })
    else say(error.message)
    exit.code = 1
  }
}

type ReplayOptions = Remote & { event?: string; since?: string; failedSince?: string; json?: boolean }

const runReplay = async (endpointId: string, options: ReplayOptions): Promise<void> => {
  const { event: eventId, since, failedSince } = options
  if (!eventId && !since && !failedSince)
    throw new OperatorError('Say from where on: --event, --since or --failed-since.', 2)
  const { replayWebhooks } = await ask<{ replayWebhooks: Replayed | { message: string } }>(
    options,
    `mutation ($input: ReplayWebhooksInput!) { replayWebhooks(input: $input) {
       ... on ReplayWebhooksPayload { count hasMore lastEventId nextFailedSince } ... on Error { message } } }`,
    { input: { endpointId, from: { eventId, since, failedSince } } },
  )
  if ('message' in replayWebhooks) throw new OperatorError(replayWebhooks.message)
  if (options.json) return printJson(replayWebhooks)
  const { count, hasMore } = replayWebhooks
  const more = hasMore ? ` More is left: ${howToGoOn(replayWebhooks)}` : ''
  print(`${count} deliveries are on their way.${more}`)
}

type Replayed = {
  count: number
  hasMore: boolean
  lastEventId: string | null
  nextFailedSince: string | null
}

/** What was asked for goes on as it was asked: to go on by the event would send what was delivered, too. */
const howToGoOn = ({ lastEventId, nextFailedSince }: Replayed): string => {
  if (nextFailedSince) return `run it again with --failed-since ${nextFailedSince}.`
  if (lastEventId) return `go on with --event ${lastEventId}.`
  return 'of events that this key may not see. Run it again with a key that has content:read.'
}

const readDocument = (file: string): string => {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new OperatorError(`${file} cannot be read (${(error as Error).message}).`, 2, { cause: error })
  }
}

const readHeader = (text: string, previous: Record<string, string>): Record<string, string> => {
  const [, name, value] = /^([\w-]+):\s*(.*)$/.exec(text) ?? []
  if (!name || value === undefined)
    throw new InvalidArgumentError('It must be "name: value", such as "webhook-id: delivery_…".')
  return { ...previous, [name.toLowerCase()]: value }
}
