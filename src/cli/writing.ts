import { type Command, Option } from 'commander'
import {
  FORMAT_FILES,
  FORMATS,
  type FormatOptions,
  LAYOUTS,
  type Layout,
  MARKERS,
  type Markers,
} from '../index.ts'

/** Options of the commands that write alignments. */
export type WritingOptions = { layout: Layout; compressed?: boolean; markers?: Markers }

/** Adds the options that say how an alignment is written. */
export function withWritingOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--layout <how>', 'written: the lines of the text; sung: every repeat, in the order sung')
        .choices(LAYOUTS)
        .default('written'),
    )
    .option('--compressed', 'LRC with all times of a line before it, once')
    .addOption(
      new Option(
        '--markers <how>',
        'names of parts ([Chorus]): keep, round (with round brackets), omit (default: LRC keeps, subtitles omit them)',
      ).choices(MARKERS),
    )
}

/** What the formats are told. */
export function formatOptionsOf({ layout, compressed = false, markers }: WritingOptions): FormatOptions {
  return { layout, compressed, ...(markers !== undefined && { markers }) }
}

/** The endings of every format, a line each. */
export function formatEndings(): string {
  return FORMATS.map((format) => `  ${format.padEnd(14)}${FORMAT_FILES[format].endings.join(' ')}`).join('\n')
}
