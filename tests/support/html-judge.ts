import type { Page } from 'playwright-core'
import { attributes, styles, tags, videoHosts } from '../../src/markup/sanitise/allow-list.ts'
import type { Visit } from './browser.ts'

/** What a browser makes of HTML that may be in no page: nothing, or what is wrong with it. */
export type FilterMatcher = (fragments: string[]) => Promise<{ html: string; wrong: string }[]>

const rules = {
  tags,
  attributes,
  videoHosts,
  properties: Object.keys(styles),
  protocols: ['http:', 'https:', 'mailto:', 'tel:'],
  addresses: 'href src cite poster longdesc background action formaction data ping xlink:href manifest'.split(
    ' ',
  ),
}

/** Tells of everything that runs, whoever wrote it, and stops nothing. */
const policy = "script-src 'none'; object-src 'none'; base-uri 'none'; form-action 'none'"
const fragmentsAPage = 400

/** A page of an open browser as the judge of HTML, which sees it in documents of its own and in parts of them. */
export const judgeIn = async ({ page }: Visit): Promise<FilterMatcher> => {
  const origin = new URL(page.url()).origin
  let body = ''
  const asked = new Set<string>()
  await page.route(
    (url) => !url.href.startsWith(`${origin}/judged`),
    (route) => route.abort(),
  )
  await page.route(`${origin}/judged`, (route) =>
    route.fulfill({
      contentType: 'text/html; charset=utf-8',
      headers: { 'content-security-policy-report-only': policy },
      body: `<!doctype html><title>x</title><body>${body}</body>`,
    }),
  )
  page.on('request', (request) => asked.add(request.url()))
  page.on('dialog', (dialog) => dialog.dismiss())
  await page.addInitScript(listen)
  return async (fragments) => {
    const found: { html: string; wrong: string }[] = []
    for (let from = 0; from < fragments.length; from += fragmentsAPage) {
      const some = fragments.slice(from, from + fragmentsAPage)
      asked.clear()
      body = some.map((html, number) => `<section data-sample="${number}">${html}</section>`).join('')
      await page.goto(`${origin}/judged`, { waitUntil: 'domcontentloaded' })
      const findings = await judgePage(page, some)
      found.push(...findings.map(({ sample, wrong }) => ({ html: some[sample] ?? '(any)', wrong })))
      for (const address of asked)
        if (!/^(?:https?:|mailto:|tel:|data:image\/(?:png|gif|jpe?g|webp|avif);)/i.test(address))
          found.push({ html: '(any)', wrong: `asks for ${address}` })
    }
    return found
  }
}

type Finding = { sample: number; wrong: string }
type Listening = { pwned?: unknown; violations: Finding[] }

const listen = () => {
  const violations: Finding[] = []
  Object.assign(window, { violations })
  for (const dialog of ['alert', 'confirm', 'prompt', 'print', 'open'])
    Object.assign(window, { [dialog]: () => Object.assign(window, { pwned: dialog }) })
  document.addEventListener('securitypolicyviolation', (event) => {
    const { target, effectiveDirective, blockedURI } = event
    const sample = target instanceof Element ? target.closest('[data-sample]') : null
    violations.push({
      sample: Number(sample?.getAttribute('data-sample') ?? -1),
      wrong: `runs a script: ${effectiveDirective} ${blockedURI}`,
    })
  })
}

const judgePage = async (page: Page, fragments: string[]): Promise<Finding[]> => {
  const parsed = await page.evaluate(judgeHere, { rules, fragments })
  // What is held against a script is told in a task of its own.
  const run = await page.evaluate(async () => {
    await new Promise((resolve) => setTimeout(resolve, 50))
    const { pwned, violations } = window as unknown as Listening
    return pwned === undefined ? violations : [...violations, { sample: -1, wrong: `ran a script: ${pwned}` }]
  })
  return [...parsed, ...run]
}

/** Runs in the page: it can name nothing that stands around it. */
const judgeHere = ({
  rules,
  fragments,
}: {
  rules: {
    tags: string[]
    attributes: Record<string, string[]>
    videoHosts: string[]
    properties: string[]
    protocols: string[]
    addresses: string[]
  }
  fragments: string[]
}): Finding[] => {
  const findings: Finding[] = []
  const bitmap = /^\s*data:image\/(?:png|gif|jpe?g|webp|avif);base64,/i
  const probe = document.createElement('p')
  for (const property of rules.properties) probe.style.setProperty(property, 'inherit')
  const longhands = new Set(probe.style)

  const wrongAddress = (element: Element, name: string, value: string): string | null => {
    const url = URL.parse(value, document.baseURI)
    if (url === null) return null
    if (element.localName === 'img' && name === 'src' && bitmap.test(value)) return null
    if (element.localName === 'iframe' && !rules.videoHosts.includes(url.hostname)) return `frames ${url}`
    return rules.protocols.includes(url.protocol) ? null : `${name} leads to ${url}`
  }
  const wrongAttribute = (element: Element, { name, value }: Attr): string | null => {
    const allowed = [...(rules.attributes['*'] ?? []), ...(rules.attributes[element.localName] ?? [])]
    if (!allowed.includes(name) && !/^aria-[a-z]+$/.test(name)) return `attribute ${name}`
    if (name === 'srcset')
      return value
        .split(/,*\s,*|,$/)
        .reduce<string | null>((wrong, word) => wrong ?? wrongAddress(element, name, word), null)
    return rules.addresses.includes(name) ? wrongAddress(element, name, value) : null
  }
  const wrongStyle = ({ style }: HTMLElement): string | null => {
    const odd = [...style].find((property) => !longhands.has(property))
    if (odd !== undefined) return `style ${odd}`
    return /(?<!rgba?|hsla?)\(/.test(style.cssText) ? `style ${style.cssText}` : null
  }
  const wrongsOf = (node: Node): (string | null)[] => {
    if (node.nodeType === Node.TEXT_NODE) return []
    if (!(node instanceof HTMLElement)) return [`node ${node.nodeName}`]
    const opens = node instanceof HTMLAnchorElement && node.target !== '' && !/^_self$/i.test(node.target)
    return [
      rules.tags.includes(node.localName) ? null : `element ${node.localName}`,
      node.shadowRoot ? 'a shadow root' : null,
      opens && !['noopener', 'noreferrer'].some((word) => node.relList.contains(word)) ? 'an opener' : null,
      ...Array.from(node.attributes, (attribute) => wrongAttribute(node, attribute)),
      wrongStyle(node),
    ]
  }
  const judge = (sample: number, how: string, root: Node) => {
    const nodes = (root.ownerDocument ?? document).createTreeWalker(root)
    for (let node = nodes.nextNode(); node !== null; node = nodes.nextNode())
      for (const wrong of wrongsOf(node))
        if (wrong !== null) findings.push({ sample, wrong: `${wrong} (${how})` })
  }

  for (const [at, child] of [...document.body.childNodes].entries())
    if (!(child instanceof HTMLElement) || child.dataset.sample !== String(at)) {
      findings.push({ sample: at - 1, wrong: `breaks out of what it stands in: ${child.nodeName}` })
      break
    }
  for (const section of document.querySelectorAll('[data-sample]'))
    judge(Number(section.getAttribute('data-sample')), 'in a document', section)
  const here = document.createElement('main')
  document.body.append(here)
  for (const [sample, html] of fragments.entries()) {
    const part = document.createElement('section')
    part.dataset.sample = String(sample)
    here.append(part)
    part.innerHTML = html
    judge(sample, 'by innerHTML', part)
    // As an editor or a cache of the page would write it again; without scripts it is parsed otherwise.
    let again = part.innerHTML
    for (const round of [1, 2]) {
      const inert = new DOMParser().parseFromString(again, 'text/html')
      const adopted = document.createElement('section')
      adopted.append(...document.adoptNode(inert.body).childNodes)
      judge(sample, `written again ${round}`, adopted)
      again = adopted.innerHTML
    }
  }
  return findings
}
