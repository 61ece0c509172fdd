/** Writes a full-size Qwen3-ForcedAligner checkpoint with random weights (1.84 GB). Meaningless for accuracy. */
import { mkdir, statfs } from 'node:fs/promises'
import { FULL_SIZE, writeFakeCheckpoint } from './fake-checkpoint.ts'

const folder = process.argv[2]
if (!folder) {
  console.error('Usage: npm run fake:qwen3 -- FOLDER   (writes 1.84 GB of random weights)')
  process.exit(2)
}
await mkdir(folder, { recursive: true })
const { bavail, bsize } = await statfs(folder)
if (bavail * bsize < 2e9) {
  console.error(`Expected 2 GB free in ${folder}, got ${((bavail * bsize) / 1e9).toFixed(2)} GB`)
  process.exit(1)
}
let shown = -10
await writeFakeCheckpoint(folder, FULL_SIZE, {
  onProgress: (fraction) => {
    const percent = Math.floor(fraction * 100)
    if (percent < shown + 10) return
    shown = percent
    console.error(`${percent} %`)
  },
})
console.error(
  `Random weights in ${folder}. They exercise converter, memory and speed; what they align is meaningless.`,
)
