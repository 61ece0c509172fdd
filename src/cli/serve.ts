import { Command } from 'commander'
import { type Done, wholeNumber } from './options.ts'

const EXAMPLES = `
Everything else is set by environment variables, or in a .env file: see .env.example. It runs until SIGTERM or Ctrl-C,
and lets running work end first. GET /health tells whether it is ready, / is a page for browsers, /openapi its reference.

Examples:
  $ sow-align serve
  $ SOW_QWEN3_API_KEY=secret sow-align serve --host 0.0.0.0 --port 8080
  $ curl http://127.0.0.1:8000/health
`

export function serveCommand(done: Done): Command {
  return new Command('serve')
    .description('run the HTTP service')
    .option('-p, --port <n>', 'port to listen on (default: 8000, or SOW_QWEN3_PORT)', wholeNumber(0, 65_535))
    .option('--host <address>', 'address to listen on (default: 127.0.0.1, or SOW_QWEN3_HOST)')
    .addHelpText('after', EXAMPLES)
    .action(async ({ port, host }: { port?: number; host?: string }) => {
      if (port !== undefined) process.env.SOW_QWEN3_PORT = String(port)
      if (host !== undefined) process.env.SOW_QWEN3_HOST = host
      // Loaded here: the other commands start without the server.
      const { runService } = await import('../server/run.ts')
      done(await runService())
    })
}
