import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, inject, test } from 'vitest'
import { withApp } from '../support/app.ts'
import { findBrowser, withBrowser } from '../support/browser.ts'
import { root } from '../support/documents.ts'
import { importSample } from '../support/sample.ts'
import { until } from '../support/until.ts'

const executable = findBrowser()
const reasonToSkip =
  inject('kind') === 'postgres'
    ? 'skipped: it is the same on both databases, and tested on the embedded one'
    : executable
      ? ''
      : 'SKIPPED: no chromium, chromium-browser or google-chrome is on PATH'

describe.skipIf(reasonToSkip)(
  `the playground in a browser ${reasonToSkip}`.trim(),
  { timeout: 60_000 },
  () => {
    const lent = withApp()
    const browser = withBrowser(executable ?? '')
    const open = () => browser.visit(`${lent.app.url}/graphql`)
    beforeAll(() => importSample(lent.app))

    test('answers its first example, says what a field is for, breaks no rule and asks no other host for anything', async () => {
      const { page, complaints, askedElsewhere } = await open()
      await editor(page, 'Operation Editor').click()
      await page.keyboard.press('Control+Enter')
      await answerWith(page, '"totalCount": 13').waitFor()
      await answerWith(page, '"title": "The archive is open"').waitFor()
      await openDocumentationOfPosts(page)
      expect(complaints).toEqual([])
      expect(askedElsewhere).toEqual([])
    })

    // Before anything is written: the picture shows what a newcomer finds.
    test.runIf(process.env.UPDATE_SCREENSHOT === '1')('has its picture taken for the README', async () => {
      const { page } = await open()
      await openDocumentationOfPosts(page)
      await page.getByRole('button', { name: 'Hide editor tools' }).click()
      await replaceOperation(page, 'FrontPage', frontPage)
      await page.keyboard.press('Control+Enter')
      await answerWith(page, '"hasNextPage": true').waitFor()
      await page.screenshot({ path: picture, style: '.scrollbar { visibility: hidden }' })
    })

    test('writes and publishes a post for whoever puts a key into the headers, and keeps no key', async () => {
      const { page, complaints, askedElsewhere } = await open()
      const key = lent.app.admin.key ?? ''
      await page.getByRole('button', { name: 'WriteDraft', exact: true }).click()
      await page.getByRole('button', { name: 'Headers', exact: true }).click()
      await replace(page, 'Headers', JSON.stringify({ Authorization: `Bearer ${key}` }, null, 2))
      await run(page)
      await answerWith(page, '"status": "DRAFT"').waitFor()
      const [id] = /post_\w+/.exec((await answerWith(page, '"id": "post_').textContent()) ?? '') ?? []

      await replaceOperation(page, 'Publish', publishing(id ?? ''))
      await run(page)
      await answerWith(page, '"status": "PUBLISHED"').waitFor()
      const { data } = await lent.app.anonymous.send('query ($id: ID!) { node(id: $id) { id } }', { id })
      expect(data).toEqual({ node: { id } })

      const kept = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]))
      expect(kept).toContain('publishPost')
      expect(kept).not.toContain(key)
      expect(complaints).toEqual([])
      expect(askedElsewhere).toEqual([])
    })

    test('could not ask another host even if it tried, nor could its workers', async () => {
      const { page, complaints, askedElsewhere } = await open()
      await editor(page, 'Operation Editor').click()
      await until(() => page.workers().length > 1)
      expect(await page.evaluate(ask)).toBe(refused)
      expect(await until(() => askInAWorker(page))).toBe(refused)
      expect(askedElsewhere).toEqual([])
      await until(() => complaints.includes('connect-src forbids http://elsewhere.example/'))
    })
  },
)

const refused = 'TypeError: Failed to fetch'

/** The editor ends its workers as it likes: what a worker that has just ended would have said is null. */
const askInAWorker = (page: Page): Promise<string | null> =>
  Promise.any(page.workers().map((worker) => worker.evaluate(ask))).catch(() => null)

const ask = () => fetch('http://elsewhere.example/').then(String, String)

const editor = (page: Page, name: string) =>
  page.getByRole('region', { name }).locator('.monaco-editor:visible').first()

const answerWith = (page: Page, text: string) =>
  page.getByRole('region', { name: 'Result Window' }).getByText(text)

const run = (page: Page) => page.getByRole('button', { name: /^Execute query/ }).click()

/** By the clipboard: the editor would close brackets and quotes that are typed. */
const replace = async (page: Page, name: string, text: string): Promise<void> => {
  await editor(page, name).click()
  await page.keyboard.press('Control+A')
  await page.evaluate((content) => navigator.clipboard.writeText(content), text)
  await page.keyboard.press('Control+V')
}

/** The editor reads an operation a moment after it changed; then its tab bears its name and it can be run. */
const replaceOperation = async (page: Page, name: string, text: string): Promise<void> => {
  await replace(page, 'Operation Editor', text)
  await page.getByRole('button', { name, exact: true }).waitFor()
}

const openDocumentationOfPosts = async (page: Page): Promise<void> => {
  await page.getByRole('button', { name: 'Show Documentation Explorer' }).click()
  const documentation = page.getByRole('region', { name: 'Documentation Explorer' })
  await documentation.getByRole('link', { name: 'Query', exact: true }).click()
  await documentation.getByRole('link', { name: 'posts', exact: true }).click()
  await documentation.getByText('Posts: without a filter the published ones, newest first.').waitFor()
}

const publishing = (id: string) => `mutation Publish {
  publishPost(input: { id: "${id}" }) {
    ... on PublishPostPayload { post { status url } }
    ... on Error { message }
  }
}`

const picture = join(root, 'docs', 'playground.png')

// Short and narrow enough for the picture to show it whole, with its answer.
const frontPage = `# The newest posts
query FrontPage {
  posts(first: 3) {
    totalCount
    nodes {
      title
      wordCount
      author {
        name
      }
    }
    pageInfo {
      hasNextPage
    }
  }
}`
