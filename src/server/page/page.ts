import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { NotFoundError } from 'elysia'

const here = createRequire(import.meta.url)

const TYPES = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
}

/** The page and the reference, for browsers. The viewer of the reference is RapiDoc 9.3.8, as it is on npm. */
const FILES = ['index.html', 'style.css', 'script.js', 'reference.html', 'rapidoc/rapidoc-min.js'] as const

/** The files for browsers, read once. */
export type Page = { index(): Response; reference(): Response; file(name: string): Response }

export function createPage(): Page {
  const files = new Map(
    FILES.map((path) => [path.split('/').at(-1)!, readFileSync(here.resolve(`#page/${path}`), 'utf8')]),
  )

  function file(name: string): Response {
    const text = files.get(name)
    if (text === undefined) throw new NotFoundError()
    const ending = name.split('.').at(-1) as keyof typeof TYPES
    return new Response(text, { headers: { 'content-type': TYPES[ending] } })
  }

  return { file, index: () => file('index.html'), reference: () => file('reference.html') }
}
