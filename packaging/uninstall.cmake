# SPDX-License-Identifier: GPL-2.0-or-later
# Takes away what the last `cmake --install` of this build put there; then its list, since what comes to lie there later
# is not ours. DESTDIR counts as it did for the install.
if(NOT EXISTS "${MANIFEST}")
    message(FATAL_ERROR "Nothing to uninstall: nothing was installed from this build folder (there is no ${MANIFEST})")
endif()

file(STRINGS "${MANIFEST}" files)
foreach(file IN LISTS files)
    set(file "$ENV{DESTDIR}${file}")
    if(EXISTS "${file}" OR IS_SYMLINK "${file}")
        message(STATUS "Uninstalling: ${file}")
        file(REMOVE "${file}")
    else()
        message(STATUS "Not there: ${file}")
    endif()
    if(EXISTS "${file}")
        message(FATAL_ERROR "${file} could not be removed; was it installed by another user?")
    endif()
endforeach()
file(REMOVE "${MANIFEST}")
