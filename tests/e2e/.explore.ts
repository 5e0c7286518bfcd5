import { mkdtempSync } from 'node:fs'
import { chromium } from 'playwright-core'

const t0 = Date.now()
const t = (m: string) => console.error(Date.now() - t0, m)
const dir = mkdtempSync('/tmp/pwx/p-')
const ctx = await chromium.launchPersistentContext(dir, {
  executablePath: '/usr/bin/chromium',
  headless: true,
  viewport: { width: 1280, height: 800 },
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
})
t('launched')
await ctx.route('**/*', (r) => {
  t(r.request().method() + ' ' + r.request().url())
  return r.continue()
})
const page = ctx.pages()[0] ?? (await ctx.newPage())
page.on('console', (m) => t('console ' + m.type() + ' ' + m.text()))
page.on('pageerror', (e) => t('pageerror ' + e))
page.on('requestfailed', (r) => t('failed ' + r.url() + ' ' + r.failure()?.errorText))
page.on('worker', (w) => t('worker ' + w.url()))
await page.goto('http://localhost:4711/graphql')
await page.locator('.graphiql-execute-button').waitFor()
t('ready')
await page.waitForTimeout(3000)
await page.screenshot({ path: '/tmp/pwx/1.png' })
await page.locator('.graphiql-execute-button').click()
await page.locator('.result-window').getByText('totalCount').waitFor()
t('answered')
await page.screenshot({ path: '/tmp/pwx/2.png' })
console.log(
  await page.locator('button').evaluateAll((bs) => bs.map((b) => (b as HTMLElement).outerHTML.slice(0, 200))),
)
await ctx.close()
