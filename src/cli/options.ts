import { accessSync, constants } from 'node:fs'
import { dirname } from 'node:path'
import { InvalidArgumentError } from 'commander'
import { alignerOptions, given } from '../aligner-options.ts'
import { loadConfig } from '../config.ts'
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
export type ModelOptions = { model?: string; threads?: number; maxAudioSeconds?: number }

/**
 * An aligner for one caller: settings from the environment, as for the service, and the command's options above them.
 * Whoever types an address may also name private ones.
 */
export function alignerFor(options: ModelOptions, more: AlignerOptions = {}) {
  const { model: modelPath, threads, maxAudioSeconds } = options
  return createAligner({
    ...alignerOptions(loadConfig()),
    maxConcurrent: 1,
    allowPrivateUrls: true,
    onWarning: (message) => process.stderr.write(`warning: ${message}\n`),
    ...given({ modelPath, threads, maxAudioSeconds }),
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
