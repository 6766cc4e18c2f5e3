# SPDX-License-Identifier: GPL-2.0-or-later
# The scripts and vsock-filter, installed under names of their own; their manual pages and vsockwatch's, made of --help; and
# a systemd unit that keeps a device, which is not enabled.
set(tools "${PROJECT_BINARY_DIR}/tools") # as they are called when installed, which is what they say of themselves
set(man_pages)

# add_man_page(NAME DEPENDS... COMMAND...): COMMAND prints the help.
function(add_man_page name depends)
    set(page "${PROJECT_BINARY_DIR}/man/${name}.1.gz")
    add_custom_command(OUTPUT "${page}"
        COMMAND sh "${PROJECT_SOURCE_DIR}/packaging/manpage" ${name} ${PROJECT_VERSION} ${ARGN}
            > "${PROJECT_BINARY_DIR}/man/${name}.1"
        COMMAND gzip --best --no-name --force "${PROJECT_BINARY_DIR}/man/${name}.1"
        DEPENDS packaging/manpage ${depends}
        COMMENT "Writing ${name}(1)"
        VERBATIM)
    set(man_pages ${man_pages} "${page}" PARENT_SCOPE)
endfunction()

file(MAKE_DIRECTORY "${PROJECT_BINARY_DIR}/man")
foreach(shared tools.sh recorded.sh)
    configure_file(scripts/${shared} "${tools}/${shared}" COPYONLY)
endforeach()
foreach(script doctor check both graph)
    configure_file(scripts/${script} "${tools}/vsock-${script}" COPYONLY)
endforeach()
foreach(script doctor check both)
    add_man_page(vsock-${script} "${tools}/vsock-${script}" sh "${tools}/vsock-${script}" --help)
endforeach()
find_program(PYTHON3 python3) # graph is written in it
if(PYTHON3)
    add_man_page(vsock-graph "${tools}/vsock-graph" "${PYTHON3}" "${tools}/vsock-graph" --help)
endif()
add_man_page(vsock-filter vsock-filter "$<TARGET_FILE:vsock-filter>" --help)
if(TARGET vsockwatch)
    add_man_page(vsockwatch vsockwatch "$<TARGET_FILE:vsockwatch>" --help)
endif()
add_custom_target(man_pages ALL DEPENDS ${man_pages})

if(VSOCK_PERSONAL)
    set(tools_prefix "$ENV{HOME}/.local/")
else()
    set(tools_prefix)
    install(FILES packaging/vsockmon.service DESTINATION lib/systemd/system COMPONENT tools)
endif()
set(tools_path "${tools_prefix}bin")
cmake_path(ABSOLUTE_PATH tools_path BASE_DIRECTORY "${CMAKE_INSTALL_PREFIX}" NORMALIZE)
file(WRITE "${PROJECT_BINARY_DIR}/tools_path.txt" "${tools_path}\n") # for scripts/quickstart
install(TARGETS vsock-filter RUNTIME DESTINATION "${tools_prefix}bin" COMPONENT tools)
install(PROGRAMS "${tools}/vsock-doctor" "${tools}/vsock-check" "${tools}/vsock-both" "${tools}/vsock-graph"
    DESTINATION "${tools_prefix}bin" COMPONENT tools)
install(FILES "${tools}/tools.sh" "${tools}/recorded.sh" DESTINATION "${tools_prefix}share/wireshark-vsock" COMPONENT tools)
install(FILES ${man_pages} DESTINATION "${tools_prefix}share/man/man1" COMPONENT tools)
