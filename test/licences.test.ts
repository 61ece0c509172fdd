import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

type Locked = { license?: string; dev?: boolean }

const lock = JSON.parse(readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8'))
const shipped = Object.entries(lock.packages as Record<string, Locked>)
  .filter(([path, { dev }]) => path !== '' && !dev)
  .map(([path, { license }]) => [path.replace(/^.*node_modules\//, ''), license ?? 'none'] as const)

const PERMISSIVE = new Set(
  '0BSD Apache-2.0 BlueOak-1.0.0 BSD-2-Clause BSD-3-Clause CC0-1.0 ISC MIT MIT-0 Python-2.0 Unlicense'.split(
    ' ',
  ),
)
const isPermissive = (license: string) =>
  license
    .replace(/[()]/g, '')
    .split(/ (?:OR|AND) /)
    .every((name) => PERMISSIVE.has(name))

// Weak copyleft: used unchanged as packages of their own, which it allows.
const LESSER = new Map([['codec-parser', 'LGPL-3.0-or-later']])

test('what is installed with the package has permissive licences, but for the ones that are named', () => {
  expect(shipped.length).toBeGreaterThan(50)
  const others = shipped.filter(([, license]) => !isPermissive(license))
  expect(others).toEqual([...LESSER])
})
