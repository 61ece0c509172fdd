#!/usr/bin/env node
import { runService } from './server/run.ts'

// Exit, not exitCode: connections kept alive by clients would hold the process.
process.exit(await runService())
