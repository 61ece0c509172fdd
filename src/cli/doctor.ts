import { Command } from 'commander'
import { VERSION } from '../index.ts'
import { type Finding, print } from './doctor/check.ts'
import { checkMemory, checkOnnxRuntime, checkRuntime, checkThreads } from './doctor/machine.ts'
import { checkModel } from './doctor/self-test.ts'
import { checkCache, checkConfig, checkStorage } from './doctor/settings.ts'
import { EXIT } from './exit.ts'
import type { Done } from './options.ts'

const EXAMPLES = `
Looks at the runtime, ONNX Runtime and its telemetry, the settings (SOW_QWEN3_* and .env), the model and its hashes, threads, memory,
storage and cache, and aligns a made sound. Every line is ok, warn or fail; below those that are not ok stands what to do.

Examples:
  $ sow-align doctor
  $ SOW_QWEN3_MODEL_PATH=./my-model sow-align doctor

Exit codes: 0 nothing fails, 1 something does.
`

export function doctorCommand(done: Done): Command {
  return new Command('doctor')
    .description('find what is wrong with this installation, and how to mend it')
    .addHelpText('after', EXAMPLES)
    .action(async () => done(await doctor()))
}

async function doctor(): Promise<number> {
  let failed = false
  const say = (finding: Finding) => {
    failed ||= finding.level === 'fail'
    process.stdout.write(print(finding))
  }
  process.stdout.write(`sow-align ${VERSION}\n`)
  say(checkRuntime())
  const [onnxRuntime, telemetry] = checkOnnxRuntime()
  say(onnxRuntime)
  if (telemetry) say(telemetry)
  const { config, findings } = checkConfig()
  findings.forEach(say)
  if (config) {
    say(checkThreads(config))
    say(checkStorage(config))
    say(checkCache(config))
    if (onnxRuntime.level === 'ok') (await checkModel(config)).forEach(say)
    say(checkMemory(config))
  }
  return failed ? EXIT.failed : EXIT.ok
}
