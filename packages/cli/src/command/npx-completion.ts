/** What makes the completion script of a shell also complete `npx posthorn`. */
const SCRIPTS: Record<string, string> = {
  bash: `
__posthorn_complete_npx() {
    if [[ "\${COMP_WORDS[1]}" == posthorn ]]; then __posthorn_complete; fi
}
complete -o default -F __posthorn_complete_npx npx`,
  zsh: `
_posthorn_npx() {
    if [[ "\${words[2]}" == posthorn ]]; then _posthorn; else _default; fi
}
compdef _posthorn_npx npx`,
  fish: `
function __posthorn_is_npx
    set -l args (commandline -opc)
    test "$args[2]" = posthorn
end
complete -c npx -n '__posthorn_is_npx && __posthorn_clear_perform_completion_once_result'
complete -c npx -n '__posthorn_is_npx && __posthorn_prepare_completions' -f -a '$__posthorn_comp_results'`,
};

/** Returns the end of a completion script; empty for a shell without one. */
export const npxCompletion = (shell: string): string => SCRIPTS[shell] ?? '';
