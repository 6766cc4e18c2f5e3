# SPDX-License-Identifier: GPL-2.0-or-later
# Takes away what the last `cmake --install` of this build put there, and the last with `--component`; then their lists,
# since what comes to lie there later is not ours. DESTDIR counts as it did for the install.
file(GLOB manifests "${BUILD}/install_manifest*.txt")
if(NOT manifests)
    message(FATAL_ERROR
        "Nothing to uninstall: nothing was installed from this build folder (there is no ${BUILD}/install_manifest.txt)")
endif()

set(files)
foreach(manifest IN LISTS manifests)
    file(STRINGS "${manifest}" listed)
    list(APPEND files ${listed})
endforeach()
list(REMOVE_DUPLICATES files)
foreach(file IN LISTS files)
    set(file "$ENV{DESTDIR}${file}")
    # Its device goes with it, and what enabled it.
    if(file MATCHES "/vsockmon\\.service$" AND "$ENV{DESTDIR}" STREQUAL "" AND EXISTS "${file}" AND EXISTS /run/systemd/system)
        execute_process(COMMAND systemctl --quiet disable --now vsockmon.service)
    endif()
    if(EXISTS "${file}" OR IS_SYMLINK "${file}")
        message(STATUS "Uninstalling: ${file}")
        file(REMOVE "${file}")
    else()
        message(STATUS "Not there: ${file}")
    endif()
    if(EXISTS "${file}")
        message(FATAL_ERROR "${file} could not be removed; was it installed by another user?")
    endif()

    # An empty folder of a profile would still be offered as one; the other is our own.
    get_filename_component(folder "${file}" DIRECTORY)
    file(GLOB rest "${folder}/*")
    if(folder MATCHES "/(profiles/vsock|share/wireshark-vsock)$" AND NOT rest)
        file(REMOVE_RECURSE "${folder}")
    endif()
endforeach()
file(REMOVE ${manifests})
