import type { Live, LiveParts } from './page/live.ts';
import type { Routes } from './routes.ts';

/** `/` and `/events`: loaded when somebody asks for them, for most daemons are never looked at so. */
export function pageRoutes(parts: LiveParts): Routes {
  let live: Promise<Live> | undefined;
  const open = async (): Promise<Live> => {
    const { Live } = await import('./page/live.ts');
    return new Live(parts);
  };
  return {
    '/': { GET: async () => (await import('./page/document.ts')).PAGE_REPLY },
    '/events': { GET: async () => (await (live ??= open())).reply() },
  };
}
