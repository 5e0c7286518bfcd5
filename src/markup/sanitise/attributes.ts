import type { Attributes } from 'sanitize-html'
import { cleanStyle } from './style.ts'

/** Attributes that a browser follows or loads. `srcset` is a list of them. */
export const addressAttributes = ['href', 'src', 'cite', 'poster', 'longdesc', 'background']

/** What an address may begin with; one without a scheme is relative. */
export const schemes = ['http', 'https', 'mailto', 'tel']
/** Of what is shown at once. */
export const imageSchemes = ['http', 'https']

/**
 * The attributes of one element, before anything is decided by what they say. What a browser, a database or a reader of
 * XML drops without a word is dropped here, or what stands around it would come together behind the gate. What is far longer
 * or larger than anybody writes is dropped, or made as large as browsers take it.
 */
export const cleanAttributes = (tagName: string, attributes: Attributes): Attributes => {
  const clean: Attributes = {}
  for (const [name, written] of Object.entries(attributes)) {
    if (!plainName.test(name)) continue
    const value = cleanValue(tagName, name, withoutUnseen(written))
    if (value !== null) clean[name] = value
  }
  return clean
}

const plainName = /^[a-z][a-z0-9-]*$/
// Noncharacters, halves of pairs, the byte order mark, and controls but for white space.
const unseen = /[\p{Noncharacter_Code_Point}\p{Cs}\u{FEFF}[\p{Cc}--[\t\n\f\r]]]/gv

/** A text that may stand in an attribute. */
export const withoutUnseen = (text: string): string => text.replace(unseen, '')

const cleanValue = (tagName: string, name: string, value: string): string | null => {
  if (name === 'style') return cleanStyle(value) || null
  if (name === 'srcset') return cleanSrcset(value) || null
  if (name === 'colspan' || name === 'rowspan' || name === 'span') return cleanSpan(value)
  if (!addressAttributes.includes(name)) return value
  if (tagName === 'img' && name === 'src' && rasterImage.test(value)) return value
  return isAddress(value, tagName === 'img' ? imageSchemes : schemes) ? value : null
}

// SVG and HTML in an address can hold scripts, a bitmap cannot.
const rasterImage = /^\s*data:image\/(?:png|gif|jpe?g|webp|avif);base64,[a-z0-9+/=\s]*$/i

const maxAddressLength = 8_192 // servers take no longer one

/** Whatever hides among its letters: a scheme that is not allowed may not even look like one. */
const isAddress = (value: string, allowed: string[]): boolean => {
  if (value.length > maxAddressLength) return false
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(value.replace(/[\p{C}\p{Z}\s]/gu, ''))?.[1]
  return scheme === undefined || allowed.includes(scheme.toLowerCase())
}

const maxSpan = 1_000 // the HTML standard's

const cleanSpan = (value: string): string | null => {
  const digits = /^\s*(\d+)\s*$/.exec(value)?.[1]
  if (digits === undefined) return null
  return Number(digits) > maxSpan ? String(maxSpan) : digits
}

/** The candidates of a `srcset` (https://html.spec.whatwg.org/#parse-a-srcset-attribute) that may be loaded. */
const cleanSrcset = (value: string): string => {
  if (value.length > maxAddressLength) return ''
  const kept: string[] = []
  const address = /[^\s,]\S*/g
  for (let found = address.exec(value); found; found = address.exec(value)) {
    const url = withoutTrailingCommas(found[0])
    // A comma straight after the address ends the candidate; else its size goes on to the next one.
    const comma = url === found[0] ? value.indexOf(',', address.lastIndex) : address.lastIndex
    const end = comma < 0 ? value.length : comma
    const size = value.slice(address.lastIndex, end).trim()
    if (isAddress(url, imageSchemes) && (size === '' || imageSize.test(size)))
      kept.push(size === '' ? url : `${url} ${size}`)
    address.lastIndex = end
  }
  return kept.join(', ')
}

const imageSize = /^(?:[1-9]\d{0,5}w|\d{1,3}(?:\.\d{1,3})?x)$/

const withoutTrailingCommas = (text: string): string => {
  let end = text.length
  while (text[end - 1] === ',') end--
  return text.slice(0, end)
}
