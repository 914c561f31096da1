import { useQueryClient } from '@tanstack/react-query';
import type { paths } from '../generated/api.js';

/** Returns a function that refetches the data of paths, with all parameters, and does not wait for it. */
export function useInvalidate(): (...changed: (keyof paths)[]) => void {
  const queryClient = useQueryClient();
  return (...changed) => {
    for (const path of changed) void queryClient.invalidateQueries({ queryKey: ['get', path] });
  };
}
