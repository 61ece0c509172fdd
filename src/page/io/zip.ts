import { strToU8, zipSync } from 'fflate'

/** A zip of texts by their names; equal names get numbers. */
export function zipOf(
  files: readonly (readonly [name: string, contents: string])[],
): Uint8Array<ArrayBuffer> {
  const named: Record<string, Uint8Array> = {}
  for (const [name, contents] of files) named[freeName(name, named)] = strToU8(contents)
  return new Uint8Array(zipSync(named))
}

function freeName(name: string, taken: Readonly<Record<string, unknown>>): string {
  if (!Object.hasOwn(taken, name)) return name
  const dot = name.indexOf('.')
  const [stem, ending] = dot < 0 ? [name, ''] : [name.slice(0, dot), name.slice(dot)]
  for (let i = 2; ; i++) {
    const tried = `${stem} (${i})${ending}`
    if (!Object.hasOwn(taken, tried)) return tried
  }
}
