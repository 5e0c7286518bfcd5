/** What a command hands back as the process's exit code: 0, 1 (failed), 2 (wrong usage) or 78 (wrong settings). */
export type Exit = { code: number }
