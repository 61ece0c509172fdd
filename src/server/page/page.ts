import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, extname, join } from 'node:path'
import { NotFoundError } from 'elysia'

const here = createRequire(import.meta.url)

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.md': 'text/plain; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.mp3': 'audio/mpeg',
}

/** The files for browsers, read once. */
export type Page = { index(): Response; reference(): Response; file(name: string): Response }

/**
 * The page and the reference, as `src/page` was built into `dist/page`. The viewer of the reference is RapiDoc 9.3.8, as
 * it is on npm.
 */
export function createPage(): Page {
  const root = dirname(here.resolve('#page/index.html'))
  const beside = join(root, 'page')
  const files = new Map(readdirSync(beside).map((name) => [name, readFileSync(join(beside, name))]))
  const documents = new Map(
    ['index.html', 'reference.html'].map((name) => [name, readFileSync(join(root, name))]),
  )

  function answer(from: ReadonlyMap<string, Uint8Array<ArrayBuffer>>, name: string): Response {
    const bytes = from.get(name)
    const type = TYPES[extname(name)]
    if (bytes === undefined || type === undefined) throw new NotFoundError()
    return new Response(bytes, { headers: { 'content-type': type } })
  }

  return {
    file: (name) => answer(files, name),
    index: () => answer(documents, 'index.html'),
    reference: () => answer(documents, 'reference.html'),
  }
}
