/** Why a run waits whose project has no repository yet: pages recognise it and lead to where one is chosen. */
export const NO_REPOSITORY = 'No repository has been chosen for the project.';
