/**
 * Builds where a source is newer than what was built. npm runs this at `npm ci`, before it packs, and whenever npx runs the
 * command line in a clone, where nobody waits for a build that changes nothing.
 */
import { spawnSync } from 'node:child_process'
import { readdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const SOURCES = [
  'src',
  'workers',
  'tsconfig.json',
  'tsconfig.build.json',
  'package.json',
  'package-lock.json',
]
// Written by every build, and the last step of it sets its mode.
const BUILT = 'dist/src/cli.js'

function modified(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0
}

function newestIn(path) {
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) return modified(path)
  return Math.max(modified(path), ...readdirSync(path).map((name) => newestIn(join(path, name))))
}

const newest = Math.max(...SOURCES.map((source) => newestIn(join(root, source))))
if (newest > modified(join(root, BUILT))) {
  // npm is a script on Windows, which only a shell runs.
  const { status } = spawnSync('npm', ['run', 'build'], {
    cwd: root,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  })
  process.exitCode = status ?? 1
}
