import { lookup } from 'node:dns/promises'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createResolver, type NameResolver } from '../../src/webhooks/http/resolver.ts'
import { type NameServer, refused, serverFailure, startNameServer } from '../support/name-server.ts'

let folder: string
let server: NameServer
let resolver: NameResolver

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'presswire-names-'))
  server = await startNameServer()
  write('hosts', '127.0.0.1 localhost\n')
  write('resolv.conf', '')
  resolver = createResolver({
    hostsFile: join(folder, 'hosts'),
    resolvConf: join(folder, 'resolv.conf'),
    servers: [server.address],
  })
})
afterEach(async () => {
  resolver.close()
  await server.close()
  rmSync(folder, { recursive: true })
})

const write = (file: string, text: string) => writeFileSync(join(folder, file), text)
const addressesOf = async (name: string) => (await resolver.resolve(name)).map(({ address }) => address)
const failureOf = (name: string) => resolver.resolve(name).then(String, (error) => error.code)

describe('the hosts file comes first, read as getaddrinfo reads it:', () => {
  test.each([
    ['several addresses of a name', '10.0.0.1 a\n10.0.0.2 a\n', 'a', ['10.0.0.1', '10.0.0.2']],
    ['several names of an address', '10.0.0.1 long.example a b # c\n', 'b', ['10.0.0.1']],
    ['both families', '10.0.0.1 a\nfd00::1\ta\n', 'a', ['10.0.0.1', 'fd00::1']],
    ['capitals and a final dot', '10.0.0.1 Intranet.Example.\n', 'intranet.example', ['10.0.0.1']],
    ['the final dot of a URL', '10.0.0.1 a\n', 'a.', ['10.0.0.1']],
    ['lines that end as Windows ends them', '10.0.0.1 a\r\n10.0.0.2 b\r\n', 'b', ['10.0.0.2']],
    ['what is no address is passed over', 'nonsense a\n# 10.0.0.9 a\n10.0.0.1 a', 'a', ['10.0.0.1']],
  ])('%s', async (_, text, name, expected) => {
    write('hosts', text)
    expect(await addressesOf(name)).toEqual(expected)
    expect(server.asked).toEqual([])
  })

  test('a change of it counts at once', async () => {
    write('hosts', '10.0.0.1 a\n')
    expect(await addressesOf('a')).toEqual(['10.0.0.1'])
    write('hosts', '10.0.0.22 a\n')
    expect(await addressesOf('a')).toEqual(['10.0.0.22'])
    rmSync(join(folder, 'hosts'))
    expect(await failureOf('a')).toBe('ENOTFOUND')
  })

  test.each(['localhost', 'blog.localhost'])(
    '%s is this machine, also where no file says so',
    async (name) => {
      write('hosts', '')
      expect(await addressesOf(name)).toEqual(['127.0.0.1', '::1'])
    },
  )
})

describe('name servers', () => {
  test('are asked for both families', async () => {
    server.answer('hooks.example', ['93.184.216.34', '2606:2800:220:1::1'])
    expect(await addressesOf('hooks.example')).toEqual(['93.184.216.34', '2606:2800:220:1::1'])
    server.answer('six.example', ['2606:2800:220:1::1'])
    expect(await addressesOf('six.example')).toEqual(['2606:2800:220:1::1'])
  })

  test('may answer with another name', async () => {
    server.answer('hooks.example', { alias: 'edge.example.net', addresses: ['93.184.216.34'] })
    expect(await addressesOf('hooks.example')).toEqual(['93.184.216.34'])
  })

  test('that are silent for one family hold nobody up who has the other', async () => {
    server.answer('hooks.example', ['93.184.216.34'], 'A')
    server.answer('hooks.example', 'silence', 'AAAA')
    expect(await addressesOf('hooks.example')).toEqual(['93.184.216.34'])
    // Nobody waited until the silent one was asked again.
    expect(server.asked.sort()).toEqual(['hooks.example A', 'hooks.example AAAA'])
  })

  test.each([
    ['know no such name', 'nothing.example', 'ENOTFOUND'],
    ['have no address of it', 'empty.example', 'ENODATA'],
    ['are broken', 'broken.example', 'ESERVFAIL'],
    ['refuse', 'refused.example', 'EREFUSED'],
    ['cannot be asked such a name', 'a..b', 'EBADNAME'],
  ])('that %s say so', async (_, name, code) => {
    server.answer('empty.example', [])
    server.answer('broken.example', serverFailure)
    server.answer('refused.example', refused)
    expect(await failureOf(name)).toBe(code)
  })

  test('may change while the program runs', async () => {
    write('resolv.conf', 'search one.example\n')
    server.answer('receiver.two.example', ['10.0.0.2'])
    expect(await failureOf('receiver')).toBe('ENOTFOUND')
    write('resolv.conf', 'search two.example.\n')
    expect(await addressesOf('receiver')).toEqual(['10.0.0.2'])
  })

  test('that are silent for a hundred names keep nobody waiting who asks for another, or the system', async () => {
    const silent = Array.from({ length: 100 }, (_, index) => `silent${index}.example`)
    for (const name of silent) server.answer(name, 'silence')
    server.answer('hooks.example', ['93.184.216.34'])
    let givenUp = 0
    const given = silent.map((name) => failureOf(name).finally(() => givenUp++))
    expect(await addressesOf('hooks.example')).toEqual(['93.184.216.34'])
    expect(await lookup('localhost')).toBeDefined()
    expect(givenUp).toBe(0)
    resolver.close()
    expect(new Set(await Promise.all(given))).toEqual(new Set(['ECANCELLED']))
  })
})

describe('the search list', () => {
  const asked = () => [...new Set(server.asked.map((question) => question.split(' ')[0]))]

  test.each([
    [
      'a bare name is completed',
      'search a.example b.example',
      'receiver',
      ['receiver.a.example', 'receiver.b.example', 'receiver'],
    ],
    [
      'a name with a dot is taken as it stands first',
      'search a.example',
      'x.shop',
      ['x.shop', 'x.shop.a.example'],
    ],
    [
      'with ndots it is completed first',
      'search svc.local\noptions ndots:5 edns0',
      'x.shop',
      ['x.shop.svc.local', 'x.shop'],
    ],
    [
      'with ndots:0 a bare name is taken as it stands first',
      'search a.example\noptions ndots:0',
      'receiver',
      ['receiver', 'receiver.a.example'],
    ],
    ['a final dot forbids it', 'search a.example', 'receiver.', ['receiver']],
    ['the older word for it', 'domain a.example', 'receiver', ['receiver.a.example', 'receiver']],
    [
      'the last line counts',
      'domain z.example\nsearch a.example',
      'receiver',
      ['receiver.a.example', 'receiver'],
    ],
    [
      'comments',
      '# search x\n;search y\nsearch a.example # z',
      'receiver',
      ['receiver.a.example', 'receiver'],
    ],
    ['"." is no domain', 'search .', 'receiver', ['receiver']],
  ])('%s', async (_, text, name, expected) => {
    write('resolv.conf', text)
    expect(await failureOf(name)).toBe('ENOTFOUND')
    expect(asked()).toEqual(expected)
  })

  test('ends with the first name that has addresses', async () => {
    write('resolv.conf', 'search a.example b.example')
    server.answer('receiver.b.example', ['10.0.0.1'])
    expect(await addressesOf('receiver')).toEqual(['10.0.0.1'])
    expect(asked()).toEqual(['receiver.a.example', 'receiver.b.example'])
  })

  test('goes on after a broken server, and says in the end that one was', async () => {
    write('resolv.conf', 'search a.example b.example')
    server.answer('receiver.a.example', serverFailure)
    expect(await failureOf('receiver')).toBe('ESERVFAIL')
    server.answer('receiver.b.example', ['10.0.0.1'])
    expect(await addressesOf('receiver')).toEqual(['10.0.0.1'])
  })
})
