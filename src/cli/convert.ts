import { resolve } from 'node:path'
import { Command, Option } from 'commander'
import { loadConfig } from '../config/load.ts'
import { AlignError } from '../index.ts'
import { DTYPES, type Dtype } from '../qwen3/convert/linear.ts'
import { EXIT } from './exit.ts'
import type { Done } from './options.ts'
import { shareBar } from './progress.ts'

const EXAMPLES = `
SNAPSHOT is Qwen/Qwen3-ForcedAligner-0.6B as "huggingface-cli download" leaves it. The service converts it by itself when
MODEL_PATH names it; this does the same beforehand. The folder is printed on stdout; set MODEL_PATH to it.

Examples:
  $ sow-align convert models/Qwen3-ForcedAligner-0.6B --out models/qwen3-int8 --dtype int8
  $ SOW_QWEN3_CACHE_DIR=/cache sow-align convert /models/qwen3-forced-aligner
`

export function convertCommand(done: Done): Command {
  return new Command('convert')
    .description('convert the weights of Qwen3-ForcedAligner to what runs here')
    .argument('<snapshot>', 'the downloaded folder')
    .option('-o, --out <dir>', 'where to put the model (default: in SOW_QWEN3_CACHE_DIR)')
    .addOption(
      new Option('-d, --dtype <name>', 'how the large matrices are kept').choices(DTYPES).default('float32'),
    )
    .addHelpText('after', EXAMPLES)
    .action(async (snapshot: string, { out, dtype }: { out?: string; dtype: Dtype }) => {
      const bar = shareBar('converting')
      try {
        const folder = await convert(resolve(snapshot), out, dtype, bar.show)
        process.stdout.write(`${folder}\n`)
      } finally {
        bar.stop()
      }
      done(EXIT.ok)
    })
}

async function convert(
  snapshot: string,
  out: string | undefined,
  dtype: Dtype,
  onProgress: (fraction: number) => void,
): Promise<string> {
  // Loaded here: the other commands start without the converter.
  const { convertQwen3, prepareQwen3 } = await import('../qwen3/prepare.ts')
  if (out) return convertQwen3(snapshot, resolve(out), { dtype, onProgress })
  const { cacheDir } = loadConfig()
  if (!cacheDir) throw new AlignError('CONFIG_INVALID', 'Expected --out or SOW_QWEN3_CACHE_DIR, got neither')
  return prepareQwen3(snapshot, { dtype, cacheDir: resolve(cacheDir), onProgress })
}
