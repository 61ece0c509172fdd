import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { NotFoundError } from 'elysia'

const here = createRequire(import.meta.url)

const TYPES = {
  'index.html': 'text/html; charset=utf-8',
  'style.css': 'text/css; charset=utf-8',
  'script.js': 'text/javascript; charset=utf-8',
} as const

/** The page for browsers: three files, read once. */
export type Page = { index(): Response; file(name: string): Response }

export function createPage(): Page {
  const files = new Map(
    Object.keys(TYPES).map((name) => [name, readFileSync(here.resolve(`#page/${name}`), 'utf8')]),
  )

  function file(name: string): Response {
    const text = files.get(name)
    if (text === undefined) throw new NotFoundError()
    return new Response(text, { headers: { 'content-type': TYPES[name as keyof typeof TYPES] } })
  }

  return { file, index: () => file('index.html') }
}
