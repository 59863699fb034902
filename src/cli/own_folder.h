/* Where this program is: what is installed with it is found from there, wherever that is. */
#ifndef OSS_CLI_OWN_FOLDER_H
#define OSS_CLI_OWN_FOLDER_H

/* The folder of the running executable, links resolved (oss_free); NULL, no message, when the system does not
 * tell or memory is short. */
char *oss_cli_own_folder(void);

#endif
