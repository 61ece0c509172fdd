import { Command, CommanderError } from 'commander'
import { VERSION } from '../index.ts'
import { alignCommand } from './align.ts'
import { convertCommand } from './convert.ts'
import { doctorCommand } from './doctor.ts'
import { evaluateCommand } from './evaluate.ts'
import { EXIT } from './exit.ts'
import { explain } from './explain.ts'
import { serveCommand } from './serve.ts'

const EXAMPLES = `
Examples:
  $ sow-align align song.mp3 lyrics.txt > song.lrc     times for every line
  $ sow-align align song.mp3 lyrics.txt --out song.srt subtitles
  $ sow-align serve --port 8000                        the HTTP service
  $ sow-align doctor                                   what is wrong here, and how to mend it

Every command explains itself: sow-align align --help
`

/** Runs one command line (without the program's name) and gives the exit code. */
export async function run(args: string[]): Promise<number> {
  let code: number = EXIT.ok
  const done = (result: number) => {
    code = result
  }
  const program = new Command('sow-align')
    .description('Says when every line and word of a song is sung, and which lines can be trusted.')
    .version(VERSION, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'explain a command, with examples')
    .helpCommand('help [command]', 'explain a command')
    .addHelpText('after', EXAMPLES)
    .exitOverride()
    .configureHelp({ sortSubcommands: false })
    .showHelpAfterError('Try it with --help for an explanation and examples.')
  for (const command of [alignCommand, serveCommand, doctorCommand, evaluateCommand, convertCommand]) {
    program.addCommand(command(done).copyInheritedSettings(program))
  }
  try {
    await program.parseAsync(args, { from: 'user' })
    return code
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage
    process.stderr.write(explain(error))
    return EXIT.failed
  }
}
