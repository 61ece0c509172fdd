import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isAbandonedPartial, isPartial, partialName } from '../disk/partial-file.ts'
import { PRIVATE_FOLDER } from '../disk/private-folder.ts'
import { AlignError } from '../errors.ts'

/** How often an input may end the worker that runs it, and it alone. */
const MOST_DEATHS = 2
/** Inputs that are remembered; the one that was blamed first is forgotten first. */
const MOST_INPUTS = 1000

/**
 * What an input is blamed for. `deaths` are proven: a worker died that ran nothing else. `suspect`: it was running when the
 * whole process ended, which may have been another's fault.
 */
export type Blame = { deaths: number; suspect: boolean; until: number }

/** Inputs that end workers, by hash. What is blamed is forgotten after a while, and when a worker survives the input. */
export type Quarantine = {
  /**
   * Whether an input is under suspicion.
   * @throws AlignError INPUT_QUARANTINED
   */
  check(key: string): Promise<{ suspect: boolean }>
  /** A worker died that ran this input alone; tells whether it is refused from now on. */
  blame(key: string): Promise<{ refused: boolean }>
  /** The process ended while this input ran. */
  suspect(key: string): Promise<void>
  clear(key: string): Promise<void>
}

export type QuarantineOptions = {
  /** How long blame is remembered, seconds; 0 blames nobody. */
  seconds: number
  /** Where it is kept across restarts; in memory alone where it is not given. */
  folder?: string | undefined
  /** Told where the folder fails; memory goes on. */
  warn: (message: string) => void
}

export async function openQuarantine({ seconds, folder, warn }: QuarantineOptions): Promise<Quarantine> {
  const known = new Map<string, Blame>()
  const fileOf = (key: string) => join(folder!, `${key}.json`)
  if (folder) await attempt('opened', () => tidy(folder))

  async function blameOf(key: string): Promise<Blame | undefined> {
    const blame = known.get(key) ?? (folder && (await readBlame(fileOf(key))))
    if (!blame) return undefined
    const longest = Date.now() + seconds * 1000
    // Blamed before the clock was set back: no input is refused for longer than is set.
    if (blame.until > longest) {
      const again = { ...blame, until: longest }
      known.set(key, again)
      return again
    }
    if (blame.until > Date.now()) return blame
    await clear(key)
    return undefined
  }

  async function check(key: string) {
    const blame = seconds > 0 ? await blameOf(key) : undefined
    if (blame && blame.deaths >= MOST_DEATHS) {
      const until = new Date(blame.until).toISOString()
      throw new AlignError(
        'INPUT_QUARANTINED',
        `Expected an input that workers survive, got one that ended ${blame.deaths} of them; it is refused until ${until}`,
      )
    }
    return { suspect: blame !== undefined }
  }

  async function remember(key: string, change: (blame: Blame) => Partial<Blame>) {
    if (seconds === 0) return undefined
    const before = (await blameOf(key)) ?? { deaths: 0, suspect: false, until: 0 }
    const blame = { ...before, ...change(before), until: Date.now() + seconds * 1000 }
    known.delete(key)
    known.set(key, blame)
    if (known.size > MOST_INPUTS) known.delete(known.keys().next().value!)
    if (folder) await attempt('written', () => writeWhole(fileOf(key), JSON.stringify(blame)))
    return blame
  }

  async function clear(key: string): Promise<void> {
    known.delete(key)
    if (folder) await attempt('cleared', () => rm(fileOf(key), { force: true }))
  }

  async function attempt(what: string, use: () => Promise<void>): Promise<void> {
    try {
      await use()
    } catch (error) {
      const reason = error instanceof Error ? error.message : error
      warn(`The list of inputs that end workers could not be ${what}; it is kept in memory alone: ${reason}`)
    }
  }

  return {
    check,
    async blame(key) {
      const blame = await remember(key, ({ deaths }) => ({ deaths: deaths + 1 }))
      return { refused: blame !== undefined && blame.deaths >= MOST_DEATHS }
    },
    async suspect(key) {
      await remember(key, () => ({ suspect: true }))
    },
    clear,
  }
}

/** Removes what has expired, what cannot be read, and of the rest the oldest beyond the limit. */
async function tidy(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: PRIVATE_FOLDER })
  const names = (await readdir(folder)).filter((name) => name.endsWith('.json') || isPartial(name))
  const kept: { path: string; time: number }[] = []
  for (const path of names.map((name) => join(folder, name))) {
    const time = (await stat(path).catch(() => undefined))?.mtimeMs
    if (time === undefined) continue
    const blame = path.endsWith('.json') ? await readBlame(path) : undefined
    const isWritten = isPartial(path) && !isAbandonedPartial(path, time)
    if (blame && blame.until > Date.now()) kept.push({ path, time })
    else if (!isWritten) await rm(path, { force: true })
  }
  kept.sort((a, b) => b.time - a.time)
  for (const { path } of kept.slice(MOST_INPUTS)) await rm(path, { force: true })
}

/** Undefined where there is none, or where it is damaged: whoever is not known to be guilty is innocent. */
async function readBlame(path: string): Promise<Blame | undefined> {
  try {
    const blame: Blame = JSON.parse(await readFile(path, 'utf8'))
    return Number.isInteger(blame.deaths) && Number.isFinite(blame.until) ? blame : undefined
  } catch {
    return undefined
  }
}

async function writeWhole(path: string, text: string): Promise<void> {
  const partial = partialName(path)
  try {
    await writeFile(partial, text)
    await rename(partial, path)
  } catch (error) {
    await rm(partial, { force: true }).catch(() => {})
    throw error
  }
}
