import { accessSync, constants } from 'node:fs'
import { dirname } from 'node:path'
import { InvalidArgumentError, Option } from 'commander'
import { alignerOptions, given } from '../aligner/from-config.ts'
import { loadConfig } from '../config/load.ts'
import { AlignError, type AlignerOptions, createAligner } from '../index.ts'

/** A command is told how to report its exit code. */
export type Done = (exitCode: number) => void

/** Reads an option that is a whole number. */
export function wholeNumber(from: number, to: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (/^\d+$/.test(text) && value >= from && value <= to) return value
    throw new InvalidArgumentError(`Expected a whole number from ${from} to ${to}.`)
  }
}

/** Options of the commands that align. */
export type ModelOptions = {
  model?: string
  decode?: 'official' | 'viterbi'
  threads?: number
  maxAudioSeconds?: number
}

/** The option that only the Qwen3 engine heeds. */
export function decodeOption(): Option {
  const text = 'how the Qwen3 engine reads its answers (default: official)'
  return new Option('--decode <name>', text).choices(['official', 'viterbi'])
}

/**
 * An aligner for one caller: settings from the environment, as for the service, and the command's options above them.
 * Whoever types an address may also name private ones.
 */
export function alignerFor(options: ModelOptions, more: AlignerOptions = {}) {
  const { model: modelPath, decode, threads, maxAudioSeconds } = options
  return createAligner({
    ...alignerOptions(loadConfig()),
    maxConcurrent: 1,
    allowPrivateUrls: true,
    onWarning: (message) => process.stderr.write(`warning: ${message}\n`),
    ...given({ modelPath, decode, threads, maxAudioSeconds }),
    ...more,
  })
}

/**
 * Checks the folder of a file to be written: before minutes of work, not after.
 * @throws AlignError CONFIG_INVALID
 */
export function checkWritable(option: string, file: string): void {
  try {
    accessSync(dirname(file), constants.W_OK)
  } catch (cause) {
    const message = `Expected ${option} in a folder that can be written, got ${file}`
    throw new AlignError('CONFIG_INVALID', message, { cause })
  }
}
