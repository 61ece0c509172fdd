import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type Config, loadConfig } from '../../config/load.ts'
import { type Finding, fail, messageOf, ok, warn } from './check.ts'

/** The configuration, undefined where it cannot work, and what is to be said of it. */
export function checkConfig(): { config: Config | undefined; findings: Finding[] } {
  try {
    const config = loadConfig()
    const mend = 'Correct the name or take it away.'
    const warnings = config.warnings.map((warning) => warn('settings', warning, mend))
    return { config, findings: warnings.length > 0 ? warnings : [ok('settings', 'all can be read')] }
  } catch (error) {
    return {
      config: undefined,
      findings: [
        fail('settings', messageOf(error), 'Correct it in the environment or in .env; see .env.example.'),
      ],
    }
  }
}

export function checkStorage(config: Config, env: NodeJS.ProcessEnv = process.env): Finding {
  const { r2AccessKeyId, r2EndpointUrl, r2Bucket } = config
  const where = `${r2EndpointUrl ?? 'AWS'}${r2Bucket ? `, bucket ${r2Bucket}` : ''}`
  if (r2AccessKeyId) return ok('storage', `s3:// is read from ${where} with SOW_QWEN3_R2_ACCESS_KEY_ID`)
  if (env.AWS_ACCESS_KEY_ID && env.AWS_SECRET_ACCESS_KEY) {
    return ok('storage', `s3:// is read from ${where} with AWS_ACCESS_KEY_ID`)
  }
  if (r2EndpointUrl || r2Bucket) {
    return fail(
      'storage',
      `${where} is set without credentials`,
      'Set SOW_QWEN3_R2_ACCESS_KEY_ID and SOW_QWEN3_R2_SECRET_ACCESS_KEY.',
    )
  }
  return ok(
    'storage',
    'no credentials; only s3:// sources need them (SOW_QWEN3_R2_ACCESS_KEY_ID, ..._SECRET_ACCESS_KEY)',
  )
}

export function checkCache({ cacheDir }: Config): Finding {
  if (cacheDir === undefined) return ok('cache', 'off; SOW_QWEN3_CACHE_DIR would keep finished results')
  const folder = resolve(cacheDir)
  const probe = join(folder, `.doctor-${process.pid}`)
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    writeFileSync(probe, '')
    rmSync(probe)
    return ok('cache', `${folder} can be written`)
  } catch (error) {
    return fail(
      'cache',
      messageOf(error),
      `Make ${folder} writable for this user, or unset SOW_QWEN3_CACHE_DIR.`,
    )
  }
}
