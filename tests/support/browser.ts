import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, onTestFinished } from 'vitest'

export type Visit = {
  page: Page
  /** All that the browser held against the page so far: errors, failed requests, violations of its policy. */
  complaints: string[]
  /** Every address of another origin that the page and its workers asked for so far; none was let through. */
  askedElsewhere: string[]
}

/** Chromium or Chrome on PATH; null where there is none. */
export const findBrowser = (): string | null => {
  const folders = (process.env.PATH ?? '').split(delimiter)
  const files = ['chromium', 'chromium-browser', 'google-chrome'].flatMap((name) =>
    folders.map((folder) => join(folder, name)),
  )
  return files.find(isExecutable) ?? null
}

/** Lends a browser to every test of the file; `visit` opens a window without a past, until the test ends. */
export const withBrowser = (executablePath: string): { visit(address: string): Promise<Visit> } => {
  let browser: Browser
  beforeAll(async () => {
    browser = await launch(executablePath)
  })
  afterAll(() => browser.close())
  return { visit: (address) => visit(browser, address) }
}

const isExecutable = (file: string): boolean => {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** On a fresh profile, which Playwright makes and removes. */
const launch = (executablePath: string): Promise<Browser> =>
  chromium.launch({
    executablePath,
    args: [
      // In a container there is neither a display nor the right to make namespaces.
      '--disable-gpu',
      '--no-sandbox',
      // What a browser asks for of its own accord …
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      // … and, for what is left of that, no way to anywhere.
      '--disable-quic',
      '--no-proxy-server',
      '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
    ],
  })

const visit = async (browser: Browser, address: string): Promise<Visit> => {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    permissions: ['clipboard-read', 'clipboard-write'],
  })
  onTestFinished(() => context.close())
  // Below the test's own limit, so that what was waited for is named.
  context.setDefaultTimeout(20_000)
  const { origin } = new URL(address)
  const askedElsewhere: string[] = []
  await context.route(
    (url) => url.origin !== origin,
    (route) => {
      askedElsewhere.push(route.request().url())
      return route.abort()
    },
  )
  const complaints = await complaintsOf(context)
  const page = await context.newPage()
  await page.goto(address)
  return { page, complaints, askedElsewhere }
}

const complaintsOf = async (context: BrowserContext): Promise<string[]> => {
  const complaints: string[] = []
  context.on('console', (line) => {
    if (line.type() === 'error') complaints.push(line.text())
  })
  context.on('weberror', (thrown) => complaints.push(String(thrown.error())))
  context.on('requestfailed', (request) =>
    complaints.push(`${request.url()} ${request.failure()?.errorText}`),
  )
  context.on('response', (response) => {
    if (response.status() >= 400) complaints.push(`${response.url()} ${response.status()}`)
  })
  // The event is the specification's; what a browser says of a violation in its console is its own matter.
  await context.addInitScript(() =>
    document.addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI }) =>
      console.error(`${effectiveDirective} forbids ${blockedURI}`),
    ),
  )
  return complaints
}
