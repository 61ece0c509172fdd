import { createRequire } from 'node:module'
import { dirname } from 'node:path'

/** Folder of the repository, also for compiled programs. */
export const PROJECT = dirname(createRequire(import.meta.url).resolve('#package.json'))
