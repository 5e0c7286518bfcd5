import { createSocket } from 'node:dgram'
import type { AddressInfo } from 'node:net'

/** What is answered for a name: addresses (IPv6 ones have a colon), a number (the DNS's own code of an error), or nothing at all. */
export type NameAnswer = string[] | number | 'silence' | { alias: string; addresses: string[] }

export type NameServer = {
  /** `127.0.0.1:<port>`, as `setServers` takes it. */
  readonly address: string
  /** The questions so far, such as `hooks.example A`. */
  readonly asked: string[]
  /** Sets what is answered for a name; NXDOMAIN where nothing was set. One family alone with `A` or `AAAA`. */
  answer(name: string, answer: NameAnswer, family?: Family): void
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

type Family = 'A' | 'AAAA'

/** Starts a real name server on UDP, on a free port of 127.0.0.1 unless it is told where. */
export const startNameServer = async ({ host = '127.0.0.1', port = 0 } = {}): Promise<NameServer> => {
  const answers = new Map<string, NameAnswer>()
  const asked: string[] = []
  const socket = createSocket('udp4')
  socket.on('message', (question, { port: from, address }) => {
    const { name, type, end } = readQuestion(question)
    const family = type === 28 ? 'AAAA' : 'A'
    asked.push(`${name} ${family}`)
    const answer = answers.get(`${name} ${family}`) ?? answers.get(name) ?? nameError
    if (answer !== 'silence') socket.send(reply(question.subarray(0, end), family, answer), from, address)
  })
  await new Promise<void>((resolve) => socket.bind(port, host, resolve))
  const close = () => new Promise<void>((resolve) => void socket.close(resolve))
  const { address, port: bound } = socket.address() as AddressInfo
  return {
    address: `${address}:${bound}`,
    asked,
    answer: (name, answer, family) => void answers.set(family ? `${name} ${family}` : name, answer),
    close,
    [Symbol.asyncDispose]: close,
  }
}

export const serverFailure = 2
export const nameError = 3
export const refused = 5

const readQuestion = (message: Buffer): { name: string; type: number; end: number } => {
  const labels: string[] = []
  let at = 12
  for (let length = message[at] ?? 0; length > 0; length = message[at] ?? 0) {
    labels.push(message.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  return { name: labels.join('.').toLowerCase(), type: message.readUInt16BE(at + 1), end: at + 5 }
}

const reply = (question: Buffer, family: Family, answer: Exclude<NameAnswer, 'silence'>): Buffer => {
  const code = typeof answer === 'number' ? answer : 0
  const addresses = typeof answer === 'number' ? [] : Array.isArray(answer) ? answer : answer.addresses
  const alias = typeof answer === 'object' && !Array.isArray(answer) ? encodedName(answer.alias) : null
  const owner = alias ?? Buffer.from([0xc0, 12])
  const records = addresses
    .filter((address) => address.includes(':') === (family === 'AAAA'))
    .map((address) => record(owner, family === 'A' ? 1 : 28, bytesOf(address)))
  if (alias) records.unshift(record(Buffer.from([0xc0, 12]), 5, alias))
  const message = Buffer.concat([question, ...records])
  message.writeUInt16BE(0x8180 | code, 2)
  message.writeUInt16BE(1, 4)
  message.writeUInt16BE(records.length, 6)
  message.writeUInt32BE(0, 8)
  return message
}

const record = (owner: Buffer, type: number, data: Buffer): Buffer => {
  const head = Buffer.alloc(10)
  head.writeUInt16BE(type, 0)
  head.writeUInt16BE(1, 2)
  head.writeUInt16BE(data.length, 8)
  return Buffer.concat([owner, head, data])
}

const encodedName = (name: string): Buffer =>
  Buffer.concat([
    ...name.split('.').map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)])),
    Buffer.from([0]),
  ])

const bytesOf = (address: string): Buffer => {
  if (!address.includes(':')) return Buffer.from(address.split('.').map(Number))
  // The URL parser writes an IPv6 address in one way, with at most one gap.
  const [head = '', tail = ''] = new URL(`http://[${address}]/`).hostname.slice(1, -1).split('::')
  const groups = (text: string) => text.split(':').filter(Boolean)
  const gap = 8 - groups(head).length - groups(tail).length
  const all = [...groups(head), ...Array<string>(gap).fill('0'), ...groups(tail)]
  return Buffer.from(all.map((group) => group.padStart(4, '0')).join(''), 'hex')
}
