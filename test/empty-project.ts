import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** Packs what would be published, from the build that is there, and gives the tarball's path. */
export function pack(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sow-align-pack-'))
  const args = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder]
  const printed = execFileSync('npm', args, {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const [{ filename }] = JSON.parse(printed)
  return join(folder, filename)
}

/** An ESM project without anything in it. */
export function emptyProject(): string {
  const folder = mkdtempSync(join(tmpdir(), 'sow-align-project-'))
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ name: 'consumer', private: true, type: 'module' }),
  )
  return folder
}

/**
 * Installs a tarball without a registry: unpacks it, and links the dependencies that it declares, and no others, from
 * this repository.
 */
export function installOffline(tarball: string, project: string): void {
  const modules = join(project, 'node_modules')
  const target = join(modules, 'sow-align')
  mkdirSync(target, { recursive: true })
  execFileSync('tar', ['-xzf', tarball, '-C', target, '--strip-components=1'])
  const { dependencies } = JSON.parse(readFileSync(join(target, 'package.json'), 'utf8'))
  for (const name of Object.keys(dependencies)) link(name, modules)
}

/** Links one package of this repository into a project's node_modules. */
export function link(name: string, modules: string): void {
  const place = join(modules, name)
  mkdirSync(dirname(place), { recursive: true })
  symlinkSync(join(ROOT, 'node_modules', name), place, 'junction')
}
