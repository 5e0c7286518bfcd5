import { expect, test } from 'vitest'
import { withApp } from '../support/app.ts'

const lent = withApp({ role: 'api', env: { RATE_LIMIT_PER_MINUTE: '0' } })

test('RATE_LIMIT_PER_MINUTE=0 is no limit at all, not of wrong keys either', async () => {
  const ask = async (key: string | null) => {
    const headers = new Headers(key ? { authorization: `Bearer ${key}` } : {})
    const response = await fetch(`${lent.app.url}/graphql?query={site{url}}`, { headers })
    await response.text()
    return response
  }
  for (let count = 0; count < 35; count++) expect((await ask('pw_wrong')).status).toBe(401)
  const { status, headers } = await ask(lent.app.admin.key)
  expect([status, headers.get('ratelimit')]).toEqual([200, null])
})
