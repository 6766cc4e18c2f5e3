/* SPDX-License-Identifier: GPL-2.0-or-later
 * program.c - what both extcaps do alike. */
#include "program.h"

#include <glib.h>
#include <stdio.h>
#include <string.h>

#include "filter_check.h"

#define USAGE 2 /* exit status */

static int refuse(const struct vsock_program *program, char *wrong)
{
    fprintf(stderr, "%s: %s\n", program->name, wrong);
    g_free(wrong);
    return USAGE;
}

/* Wireshark shows the first line of what is printed, and takes nothing for good. */
static int check_filter(const struct vsock_form *form)
{
    char *wrong, *filter = vsock_form_filter(form, &wrong);

    if (filter && *filter)
        wrong = vsock_filter_check(filter);
    if (wrong)
        puts(wrong);
    g_free(wrong);
    g_free(filter);
    return 0;
}

static int do_job(const struct vsock_program *program, const struct vsock_form *form)
{
    switch (form->job) {
    case VSOCK_FORM_INTERFACES:
        puts("extcap {version=" VSOCK_VERSION "}{display=vsock}");
        printf("interface {value=%s}{display=%s}\n", program->name, program->display);
        break;
    case VSOCK_FORM_DLTS:
        puts("dlt {number=271}{name=VSOCK}{display=Linux vsock, by vsockmon}");
        break;
    case VSOCK_FORM_CONFIG:
        vsock_form_print(stdout, program->guest);
        break;
    case VSOCK_FORM_CAPTURE:
        if (!form->fifo)
            return refuse(program, g_strdup("--fifo is missing"));
        return program->capture(form);
    case VSOCK_FORM_CHECK_FILTER:
        return check_filter(form);
    case VSOCK_FORM_CLEAN_UP: /* that is done by itself */
        break;
    case VSOCK_FORM_RIGHTS:
        return program->may_record ? program->may_record() : 0;
    case VSOCK_FORM_VERSION:
        printf("%s " VSOCK_VERSION "\n", program->name);
        break;
    case VSOCK_FORM_NOTHING:
    case VSOCK_FORM_HELP:
        fputs(program->help, stdout);
        break;
    }
    return 0;
}

static bool wants_interface(enum vsock_form_job job)
{
    return job == VSOCK_FORM_DLTS || job == VSOCK_FORM_CONFIG || job == VSOCK_FORM_CAPTURE ||
           job == VSOCK_FORM_CHECK_FILTER;
}

int vsock_program_run(const struct vsock_program *program, int argc, char **argv)
{
    struct vsock_form form;
    char *wrong;

    if (!vsock_form_read(&form, argc, argv, &wrong))
        return refuse(program, wrong);
    if (wants_interface(form.job) && (!form.interface || strcmp(form.interface, program->name) != 0))
        return refuse(program, g_strdup_printf("--extcap-interface should be %s", program->name));
    return do_job(program, &form);
}
