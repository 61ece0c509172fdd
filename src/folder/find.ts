import type { Dirent, Stats } from 'node:fs'
import { readdir, realpath, stat } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve, sep } from 'node:path'
import picomatch from 'picomatch'
import { AlignError, kindOf } from '../errors.ts'
import { isLyricsName, isRecordingName } from './names.ts'

/** A recording, and the folder that the argument which led to it names. Both are absolute. */
export type Recording = { path: string; base: string }

/** What was looked at and cannot be a song. */
export type NotFound = { path: string; error: AlignError } | { path: string; reason: string }

export type Found = { recordings: Recording[]; others: NotFound[] }

export type FindOptions = {
  /** Whether folders in folders are looked into. */
  recursive?: boolean
  /** Patterns of which a recording has to fit one, where any are given. */
  include?: readonly string[]
  /** Patterns of which neither a recording nor a folder above it may fit one. */
  exclude?: readonly string[]
  /** A folder that is not looked into: where results go. */
  except?: string | undefined
}

/**
 * Finds the recordings that paths lead to: files, folders, and patterns (`music/**\/*.mp3`) where nothing has that very name.
 * Names that begin with a dot are passed over, and links are followed, each folder once.
 * @throws AlignError CONFIG_INVALID where a path leads nowhere
 */
export async function findRecordings(paths: readonly string[], options: FindOptions): Promise<Found> {
  const found = new Map<string, Recording>()
  const others: NotFound[] = []
  const seen = new Set<string>()
  const wanted = wantedBy(options)
  const except = options.except && (await realpath(options.except).catch(() => undefined))

  async function walk(
    folder: string,
    base: string,
    depth: number,
    fits: (path: string) => boolean,
  ): Promise<void> {
    const real = await realpath(folder).catch(() => folder)
    // A link that leads back up would be followed for ever. A pattern of its own looks again.
    const visit = `${depth === Number.POSITIVE_INFINITY ? '' : depth} ${base} ${real}`
    if (real === except || seen.has(visit)) return
    seen.add(visit)
    let entries: Dirent[]
    try {
      entries = await readdir(folder, { withFileTypes: true })
    } catch (cause) {
      others.push({ path: folder, error: unreadable('a folder that can be read', folder, cause) })
      return
    }
    for (const entry of entries.sort(byName)) {
      const path = join(folder, entry.name)
      const inside = relative(base, path)
      if (entry.name.startsWith('.') || wanted.excludes(inside)) continue
      const kind = await kindOfEntry(entry, path)
      if (kind === 'folder') {
        if (depth > 1) await walk(path, base, depth - 1, fits)
      } else if (isRecordingName(entry.name) && wanted.includes(inside) && fits(path)) {
        if (kind === 'file') found.set(path, { path, base })
        else others.push({ path, error: unreadable('a file', path, kind) })
      }
    }
  }

  for (const given of paths) {
    const path = resolve(given)
    const there = await stat(path).catch((error) => error as NodeJS.ErrnoException)
    if (!(there instanceof Error)) await take(path, there)
    else if (isPattern(given)) await takePattern(given)
    else throw invalid(`Expected a file, a folder or a pattern, got ${given} (${kindOf(there)})`)
  }
  return { recordings: [...found.values()], others }

  async function take(path: string, there: Stats): Promise<void> {
    if (there.isDirectory())
      return walk(path, path, options.recursive ? Number.POSITIVE_INFINITY : 1, () => true)
    const name = basename(path)
    if (wanted.excludes(name) || !wanted.includes(name) || isLyricsName(name)) return
    if (!isRecordingName(name)) others.push({ path, reason: 'no recording, by its name' })
    else if (there.isFile()) found.set(path, { path, base: dirname(path) })
    else others.push({ path, error: unreadable('a file', path, 'special') })
  }

  async function takePattern(pattern: string): Promise<void> {
    const { base, glob } = picomatch.scan(pattern)
    const folder = resolve(base)
    const before = found.size + others.length
    const matches = matcher(glob)
    const depth = glob.includes('**') ? Number.POSITIVE_INFINITY : glob.split('/').length
    await walk(folder, folder, depth, (path) => matches(relative(folder, path)))
    if (found.size + others.length === before)
      throw invalid(`Expected recordings that fit ${pattern}, got none in ${folder}`)
  }
}

/** Whether a path is meant as a pattern where nothing has that very name. */
export function isPattern(path: string): boolean {
  return picomatch.scan(path).isGlob
}

function wantedBy({ include = [], exclude = [] }: FindOptions) {
  const including = include.map(matcher)
  const excluding = exclude.map(matcher)
  return {
    includes: (path: string) => including.length === 0 || including.some((fits) => fits(path)),
    excludes: (path: string) => excluding.some((fits) => fits(path)),
  }
}

/** Whether a path fits a pattern: one without a slash looks at the name alone. Upper case and the way of writing accents are equal. */
function matcher(pattern: string): (path: string) => boolean {
  const fits = picomatch(pattern.normalize('NFC'), { nocase: true })
  const nameAlone = !pattern.includes('/')
  return (path) => {
    const text = path.split(sep).join('/').normalize('NFC')
    return fits(nameAlone ? basename(text) : text)
  }
}

/** Of a link, what it leads to; where that is nothing, the kind of the error. */
async function kindOfEntry(entry: Dirent, path: string): Promise<'file' | 'folder' | (string & {})> {
  if (entry.isFile()) return 'file'
  if (entry.isDirectory()) return 'folder'
  if (!entry.isSymbolicLink()) return 'special'
  try {
    const there = await stat(path)
    return there.isDirectory() ? 'folder' : there.isFile() ? 'file' : 'special'
  } catch (error) {
    return kindOf(error)
  }
}

function byName(a: Dirent, b: Dirent): number {
  return a.name < b.name ? -1 : 1
}

function unreadable(expected: string, path: string, cause: unknown): AlignError {
  const got = typeof cause === 'string' ? cause : kindOf(cause)
  return new AlignError('AUDIO_FETCH_FAILED', `Expected ${expected}, got ${got} for ${path}`, { cause })
}

function invalid(message: string): AlignError {
  return new AlignError('CONFIG_INVALID', message)
}
