# SPDX-License-Identifier: GPL-2.0-or-later
# `cpack`: a Debian package for the Wireshark that this build has found, where that is a package itself.
# Wireshark loads a plugin of its own series (X.Y) only, so the package depends on that series of the library, whose
# package holds the plugin folder; dpkg-shlibdeps adds what else the plugin links to, with the lowest versions.
# Sources: cpack-deb(7); Debian Policy 3.4, 5.6, 7.1, 12.5.
find_program(DPKG_QUERY dpkg-query)
if(VSOCK_PERSONAL OR NOT DPKG_QUERY)
    return()
endif()

get_target_property(library epan LOCATION)
execute_process(COMMAND "${DPKG_QUERY}" --search "${library}"
    OUTPUT_VARIABLE owner ERROR_QUIET OUTPUT_STRIP_TRAILING_WHITESPACE)
if(NOT owner MATCHES "^(lib[^:, ]+)[^ ]*: ")
    return() # installed by hand: there is nothing that a package could depend on
endif()
set(library_package "${CMAKE_MATCH_1}")
execute_process(COMMAND "${DPKG_QUERY}" --show --showformat "\${Version}\n" "${library_package}"
    OUTPUT_VARIABLE library_version)
string(REGEX MATCH "^[0-9]+:" epoch "${library_version}")
math(EXPR next_minor "${Wireshark_MINOR_VERSION} + 1")
set(series "${epoch}${wireshark_series}~")
set(next_series "${epoch}${Wireshark_MAJOR_VERSION}.${next_minor}~")

# The name of the series makes an upgrade of Debian an upgrade of this package.
set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME wireshark-plugin-vsock)
if(NOT CPACK_PACKAGE_CONTACT)
    set(CPACK_PACKAGE_CONTACT "wireshark-vsock developers <wireshark-vsock@localhost>")
endif()
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE "1+wireshark${wireshark_series}")
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "${library_package} (>= ${series}), ${library_package} (<< ${next_series})")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "wireshark | tshark, python3, iproute2, kmod")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "gnuplot-nox | gnuplot, openssh-client") # for vsock-graph, as python3, and for vsockguest
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "AF_VSOCK for Wireshark ${wireshark_series} and its tshark")
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION "A plugin that decodes vsock, the sockets between virtual machines and
their host, as Linux's vsockmon device records them. It follows connections
and their credit, hands what is spoken to Wireshark's dissectors, and says
what is wrong. With it come an extcap that records, vsock-doctor, vsock-check,
vsock-filter, vsock-both and vsock-graph.")
set(CPACK_PACKAGING_INSTALL_PREFIX "${Wireshark_INSTALL_PREFIX}")
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_STRIP_FILES ON)

# The service's device goes with the package.
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA "${PROJECT_SOURCE_DIR}/packaging/prerm;${PROJECT_SOURCE_DIR}/packaging/postrm")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)

# The extcap: whoever may record with dumpcap may with it.
if(TARGET vsockmon)
    set(extcap_in_package "${CPACK_PACKAGING_INSTALL_PREFIX}/${extcap_destination}/vsockmon")
    set(control "${PROJECT_BINARY_DIR}/control")
    configure_file(packaging/postinst.in "${control}/postinst" @ONLY)
    file(CHMOD "${control}/postinst" PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE
        GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
    file(WRITE "${control}/triggers" "interest-noawait /usr/bin/dumpcap\n")
    list(APPEND CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA "${control}/postinst" "${control}/triggers")
    string(APPEND CPACK_DEBIAN_PACKAGE_RECOMMENDS ", libcap2-bin")
endif()

# What Policy wants of a package; `cmake --install` leaves it out.
set(changelog "${PROJECT_BINARY_DIR}/changelog.Debian")
set(package_version "${PROJECT_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE}")
configure_file(packaging/changelog.in "${changelog}" @ONLY)
execute_process(COMMAND gzip --best --no-name --force "${changelog}" COMMAND_ERROR_IS_FATAL ANY)
set(doc "share/doc/${CPACK_PACKAGE_NAME}")
install(FILES packaging/copyright "${changelog}.gz" README.md CHANGELOG.md
    DESTINATION "${doc}" COMPONENT debian EXCLUDE_FROM_ALL)
install(DIRECTORY docs # README.md links into it
    DESTINATION "${doc}" COMPONENT debian EXCLUDE_FROM_ALL FILES_MATCHING PATTERN "*.md")
if(TARGET vsockwatch) # nothing starts it before somebody asks for it
    install(FILES packaging/vsockwatch.service DESTINATION lib/systemd/system COMPONENT debian EXCLUDE_FROM_ALL)
    install(DIRECTORY packaging/prometheus packaging/fleet DESTINATION "${doc}" COMPONENT debian EXCLUDE_FROM_ALL)
endif()
set(CPACK_INSTALL_CMAKE_PROJECTS
    "${PROJECT_BINARY_DIR};${PROJECT_NAME};plugin;/"
    "${PROJECT_BINARY_DIR};${PROJECT_NAME};tools;/"
    "${PROJECT_BINARY_DIR};${PROJECT_NAME};profile;/"
    "${PROJECT_BINARY_DIR};${PROJECT_NAME};debian;/")
include(CPack)
