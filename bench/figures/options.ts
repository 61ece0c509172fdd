import { resolve } from 'node:path'
import { parseArgs } from 'node:util'

type Options = Record<string, { type: 'string' | 'boolean'; about: string }>

const COMMON = {
  quick: { type: 'boolean', about: 'a short form: shows that the bench works, its figures mean little' },
  model: { type: 'string', about: 'folder of a CTC model (default: the embedded one)' },
  out: { type: 'string', about: 'file for the result (default: bench/results/NAME.json)' },
  help: { type: 'boolean', about: 'this text' },
} as const satisfies Options

/** What every bench takes, and what `more` it takes. */
export type BenchOptions<T extends Options> = {
  quick: boolean
  model?: string
  out?: string
} & { [K in keyof T]?: T[K]['type'] extends 'boolean' ? boolean : string }

/** Reads the command line of a bench; --help prints what it takes and ends. */
export function readOptions<T extends Options = Record<never, never>>(
  about: string,
  more: T = {} as T,
): BenchOptions<T> {
  const options: Options = { ...COMMON, ...more }
  const values: Record<string, unknown> = parseArgs({ options, allowPositionals: false }).values
  if (values.help) {
    const rows = Object.entries(options).map(([name, { about }]) => `  --${name.padEnd(16)} ${about}`)
    console.log(`${about}\n\n${rows.join('\n')}`)
    process.exit(0)
  }
  if (typeof values.model === 'string') values.model = resolve(values.model)
  return { ...values, quick: values.quick === true } as BenchOptions<T>
}

/** A number above 0 of the command line. */
export function positive(name: string, text: string | undefined, fallback: number): number {
  const value = text === undefined ? fallback : Number(text)
  if (!(value > 0)) throw new Error(`Expected --${name} to be a number above 0, got ${text}`)
  return value
}
